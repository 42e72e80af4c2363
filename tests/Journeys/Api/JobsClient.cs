using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Journeys.Evidence;

namespace JobSystem.Journeys.Api;

/// <summary>The HTTP API, as a stranger would call it. Every call goes into the <see cref="History"/>.</summary>
public sealed class JobsClient : IDisposable
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    readonly HttpClient _http;

    public JobsClient(Uri baseAddress, string apiKey)
    {
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(30) })
        {
            BaseAddress = baseAddress,
            Timeout = TimeSpan.FromSeconds(60),
        };
        _http.DefaultRequestHeaders.Add("X-API-Key", apiKey);
    }

    public Uri Address => _http.BaseAddress!;

    public History History { get; } = new();

    public Task<JobView> Submit(JobRequest job) => Send<JobView>(HttpMethod.Post, "api/v1/jobs", job);

    public async Task<IReadOnlyList<string>> SubmitBatch(IReadOnlyList<JobRequest> jobs) =>
        (await Send<BatchAnswer>(HttpMethod.Post, "api/v1/jobs/batch", new { jobs })).Ids;

    public Task<JobView> Get(string id) => Send<JobView>(HttpMethod.Get, $"api/v1/jobs/{id}");

    public Task<JobPage> List(string query) => Send<JobPage>(HttpMethod.Get, $"api/v1/jobs?{query}");

    public Task<JobView> Cancel(string id, string? reason = null) => Send<JobView>(HttpMethod.Post, $"api/v1/jobs/{id}/cancel", new { reason });

    public Task<JobView> Retry(string id, double? delay = null) => Send<JobView>(HttpMethod.Post, $"api/v1/jobs/{id}/retry", new { delay });

    /// <summary>Why a job is not running now, as people are told.</summary>
    public async Task<string> Explain(string id) => (await Send<JsonElement>(HttpMethod.Get, $"api/v1/jobs/{id}/explain")).GetRawText();

    public async Task<IReadOnlyList<JobStep>> Steps(string id) => (await Send<JobSteps>(HttpMethod.Get, $"api/v1/jobs/{id}/events")).Items;

    public async Task<IReadOnlyList<JobLog>> Logs(string id) => (await Send<JobLogs>(HttpMethod.Get, $"api/v1/jobs/{id}/logs")).Items;

    /// <summary>Waits through <c>GET /jobs/{id}/wait</c> until the job is final.</summary>
    public async Task<JobView> WaitFor(string id, int seconds = 30)
    {
        using var answer = await Raw(HttpMethod.Get, $"api/v1/jobs/{id}/wait?timeout={seconds}");
        var job = await Read<JobView>(answer, "wait");
        return job.IsFinal
            ? job
            : throw new TimeoutException($"after {seconds} s job {id} is {job.Status}, attempt {job.Attempt}: {await StepWords(id)}");
    }

    public async Task<JobView> Run(JobRequest job, int seconds = 30) => await WaitFor((await Submit(job)).Id, seconds);

    /// <summary>The call as it is, for tests that look at the answer themselves.</summary>
    public async Task<HttpResponseMessage> Raw(HttpMethod method, string path, object? body = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body, body.GetType(), options: Json));
        var call = History.Begin($"{method} {path}");
        try
        {
            var answer = await _http.SendAsync(request, cancellationToken);
            call.End(answer.StatusCode, answer.Headers.RetryAfter is not null);
            return answer;
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            call.End(broken);
            throw;
        }
    }

    public static async Task<T> Read<T>(HttpResponseMessage answer, string call)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<T>(text, Json) ?? throw new JsonException($"{call} answered null")
            : throw new ApiException(answer.StatusCode, call, text);
    }

    public void Dispose() => _http.Dispose();

    async Task<T> Send<T>(HttpMethod method, string path, object? body = null)
    {
        using var answer = await Raw(method, path, body);
        return await Read<T>(answer, $"{method} {path}");
    }

    async Task<string> StepWords(string id) => string.Join(' ', (await Steps(id)).Select(step => $"{step.Event}/{step.Attempt}"));

    sealed record BatchAnswer(IReadOnlyList<string> Ids);
}
