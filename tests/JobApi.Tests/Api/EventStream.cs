using System.Net;
using System.Text;
using System.Text.Json;

namespace JobSystem.JobApi.Tests.Api;

/// <summary>A client of server-sent events, as a browser is one.</summary>
public sealed class EventStream : IAsyncDisposable
{
    readonly HttpResponseMessage answer;
    readonly StreamReader lines;

    EventStream(HttpResponseMessage answer, StreamReader lines) => (this.answer, this.lines) = (answer, lines);

    public string? ContentType => answer.Content.Headers.ContentType?.MediaType;

    public static async Task<EventStream> Open(HttpClient http, string path, string? lastEventId = null, (string Name, string Value)? credentials = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/{path}");
        if (credentials is { } given)
        {
            request.Headers.Add(given.Name, given.Value);
        }
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return new(answer, new(await answer.Content.ReadAsStreamAsync(), Encoding.UTF8));
    }

    /// <summary>The next event; null at the end of the stream. Comments come as events with the word ":".</summary>
    public async Task<StreamedEvent?> Next(bool comments = false)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        string id = "", word = "", data = "";
        while (await lines.ReadLineAsync(deadline.Token) is { } line)
        {
            if (line.Length == 0 && word.Length > 0)
            {
                return new(id, word, JsonElement.Parse(data));
            }
            if (comments && line.StartsWith(':'))
            {
                return new("", ":", default);
            }
            id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : id;
            word = line.StartsWith("event: ", StringComparison.Ordinal) ? line[7..] : word;
            data = line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : data;
        }
        return null;
    }

    public async Task<List<StreamedEvent>> Rest()
    {
        var events = new List<StreamedEvent>();
        while (await Next() is { } next)
        {
            events.Add(next);
        }
        return events;
    }

    /// <summary>As many as that.</summary>
    public async Task<List<StreamedEvent>> Take(int count)
    {
        var events = new List<StreamedEvent>();
        while (events.Count < count)
        {
            events.Add(await Next() ?? throw new InvalidOperationException($"the stream ended after {events.Count} events"));
        }
        return events;
    }

    public ValueTask DisposeAsync()
    {
        lines.Dispose();
        answer.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed record StreamedEvent(string Id, string Word, JsonElement Data)
{
    public string? JobId => Data.GetProperty("job_id").GetString();
}
