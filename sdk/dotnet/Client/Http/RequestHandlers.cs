using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace JobSystem.Client.Http;

/// <summary>The handlers that a request passes: retries, then the whole answer, then the credential of each attempt.</summary>
static class RequestHandlers
{
    /// <param name="primary">What sends the requests; null for the usual one.</param>
    public static HttpMessageHandler Create(JobSystemClientOptions options, HttpMessageHandler? primary)
    {
        var retries = new ResiliencePipelineBuilder<HttpResponseMessage>();
        RequestRetries.Configure(retries, options);
        return new ResilienceHandler(retries.Build())
        {
            InnerHandler = new AnswerBuffer { InnerHandler = new CredentialHandler(options) { InnerHandler = primary ?? CreatePrimary() } },
        };
    }

    /// <summary>A redirect is not followed: it would take the credential elsewhere, and would make a POST a GET.</summary>
    public static SocketsHttpHandler CreatePrimary() => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    };
}

/// <summary>Adds the caller's credential to a request.</summary>
sealed class CredentialHandler(JobSystemClientOptions options) : DelegatingHandler
{
    const string KeyHeader = "X-API-Key";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (options.TokenProvider is { } provider)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await provider(cancellationToken));
        }
        else
        {
            request.Headers.Remove(KeyHeader);
            request.Headers.Add(KeyHeader, options.ApiKey);
        }
        return await base.SendAsync(request, cancellationToken);
    }
}

/// <summary>
/// Reads an answer to its end, so that one that breaks off counts as lost and is asked for again. Streams are passed on as they come.
/// </summary>
sealed class AnswerBuffer : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (request.Options.TryGetValue(RequestRetries.IsStream, out var isStream) && isStream && response.IsSuccessStatusCode)
        {
            return response;
        }
        try
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            return response;
        }
        catch (Exception)
        {
            response.Dispose();
            throw;
        }
    }
}
