using System.Diagnostics;
using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using JobSystem.Api;
using Polly.Timeout;

namespace JobSystem.Client.Http;

/// <summary>Sends calls to the API and reads its answers.</summary>
sealed class ApiConnection(Func<HttpClient> http, JobSystemClientOptions options)
{
    /// <exception cref="JobSystemException">The call was refused, or no answer came.</exception>
    public async Task<T> Read<T>(ApiCall call, CancellationToken cancellationToken) where T : class
    {
        using var response = await Send(call, isStream: false, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        try
        {
            return await ApiJson.Read<T>(body, cancellationToken);
        }
        catch (JsonException exception)
        {
            throw ApiErrors.NotFromApi(options, call, response.StatusCode, exception);
        }
    }

    /// <summary>Reads an answer that is any JSON.</summary>
    public async Task<RawJson> ReadRaw(ApiCall call, CancellationToken cancellationToken)
    {
        using var response = await Send(call, isStream: false, cancellationToken);
        try
        {
            return RawJson.FromText(await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (JsonException exception)
        {
            throw ApiErrors.NotFromApi(options, call, response.StatusCode, exception);
        }
    }

    /// <summary>A call whose answer has no body, or one that is of no interest.</summary>
    public async Task Send(ApiCall call, CancellationToken cancellationToken) =>
        (await Send(call, isStream: false, cancellationToken)).Dispose();

    /// <summary>Reads server-sent events. Where the connection breaks off, the stream is taken up after the last event.</summary>
    public async IAsyncEnumerable<SseItem<string>> Stream(ApiCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var lastId = call.LastEventId; ;)
        {
            using var response = await Send(call with { LastEventId = lastId }, isStream: true, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NoContent)
            {
                yield break;
            }
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            await using var events = SseParser.Create(body).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await MoveNext(events))
            {
                lastId = events.Current.EventId ?? lastId;
                yield return events.Current;
            }
            // What ends at once, again and again, must not be asked for in a tight loop
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    /// <summary>Returns false at the end, also if the connection breaks off there.</summary>
    static async ValueTask<bool> MoveNext(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return false;
        }
    }

    async Task<HttpResponseMessage> Send(ApiCall call, bool isStream, CancellationToken cancellationToken)
    {
        using var request = Create(call, isStream);
        HttpResponseMessage response;
        try
        {
            response = await http().SendAsync(
                request, isStream ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead, cancellationToken);
        }
        catch (Exception exception) when (
            exception is HttpRequestException or IOException or TimeoutRejectedException && !cancellationToken.IsCancellationRequested)
        {
            throw ApiErrors.Unreachable(options, call, exception);
        }
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw await ApiErrors.Refused(options, call, response, cancellationToken);
        }
    }

    HttpRequestMessage Create(ApiCall call, bool isStream)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(options.BaseAddress, call.ToPath())) { Content = call.Body };
        request.Options.Set(RequestRetries.IsRepeatable, call.IsRepeatable);
        request.Options.Set(RequestRetries.IsStream, isStream);
        request.Options.Set(RequestRetries.ServerWait, call.ServerWait);
        request.Options.Set(RequestRetries.Patience, call.Patience);
        request.Options.Set(RequestRetries.BeganAt, Stopwatch.GetTimestamp());
        if (call.LastEventId is { Length: > 0 } lastId)
        {
            request.Headers.Add("Last-Event-ID", lastId);
        }
        return request;
    }
}
