using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Load;

/// <summary>The API through the gateway with as little work on our side as possible: bodies come ready, answers stay bytes.</summary>
public sealed class JobsClient : IDisposable
{
    static readonly MediaTypeHeaderValue Json = new("application/json");
    readonly HttpClient _http;

    public JobsClient(StackEnv env, int connections)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
            UseCookies = false,
            UseProxy = false,
        })
        {
            BaseAddress = env.Url,
            Timeout = TimeSpan.FromSeconds(60),
        };
        _http.DefaultRequestHeaders.Add("X-API-Key", env.AdminKey);
    }

    public async Task<byte[]> Post(string path, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = Json;
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content, ct);
        var answer = await response.Content.ReadAsByteArrayAsync(ct);
        return response.StatusCode == HttpStatusCode.Created ? answer : throw Unexpected(path, response, answer);
    }

    public async Task<JsonDocument> Get(string path, CancellationToken ct)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), ct);
        var answer = await response.Content.ReadAsByteArrayAsync(ct);
        return response.IsSuccessStatusCode ? JsonDocument.Parse(answer) : throw Unexpected(path, response, answer);
    }

    /// <summary>How many jobs the list has for a filter; only one is transferred.</summary>
    public async Task<int> Count(string filter, CancellationToken ct)
    {
        using var page = await Get($"/api/v1/jobs?{filter}&limit=1", ct);
        return page.RootElement.GetProperty("total").GetInt32();
    }

    public void Dispose() => _http.Dispose();

    static HttpRequestException Unexpected(string path, HttpResponseMessage response, byte[] body) =>
        new($"{path} answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 500)))}", null, response.StatusCode);
}
