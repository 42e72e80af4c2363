using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Contracts;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.Support;
using JobSystem.Support.SingleProcess;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Surface.Tests;

/// <summary>The whole system in one process, as <c>dotnet run --project standalone</c> composes it.</summary>
public class SurfaceHost : IAsyncLifetime
{
    readonly HttpClient http = new();
    RunningSystem system = null!;

    public IServiceProvider Services => system.Services;

    /// <summary>The documents of all surfaces that this host serves, as one.</summary>
    public ApiSpec Spec { get; private set; } = null!;

    /// <summary>What is different from <c>dotnet run --project standalone</c>.</summary>
    protected virtual Task<Dictionary<string, string?>> Settings() => Task.FromResult<Dictionary<string, string?>>([]);

    public virtual async Task InitializeAsync()
    {
        system = await RunningSystem.Start(slots: 8, await Settings());
        http.BaseAddress = new(system.Url);
        var documents = new List<JsonObject>();
        foreach (var surface in ApiSurface.All)
        {
            documents.Add(JsonNode.Parse(await Text(surface.Path))!.AsObject());
        }
        Spec = new(MergedDocument.Merge(documents));
        await Announce("process_data", "send_email", "generate_report", "check_status", "myapp.jobs.send_email");
        await Eventually.Holds(async () => (await Send("GET", "/api/v1/tasks/echo")).Status == 200 && (await Send("GET", "/api/v1/tasks/check_status")).Status == 200
            && (await Send("GET", "/api/v1/workers")).Json.GetProperty("total").GetInt32() == 1, TimeSpan.FromSeconds(60));
        // Where jobs wait
        await Send("PUT", "/api/v1/queues/default", "{}");
        await Send("PUT", "/api/v1/queues/still", "{}");
        await Send("POST", "/api/v1/queues/still/pause");
    }

    /// <summary>The examples' tasks. Nobody runs them, so that their jobs wait.</summary>
    public async Task Announce(params string[] names)
    {
        var endpoint = await system.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{BusAddresses.Workers}"));
        await endpoint.Send(new AnnounceTasks
        {
            WorkerId = "examples",
            Tasks = [.. names.Select(x => new AnnouncedTask { Name = x, Version = "1.0", Description = "An example", IsAsync = true, Queue = "default", MaxRetries = 3, RetryDelay = 60, Timeout = 300 })],
        });
    }

    /// <summary>A client that calls as the administrator.</summary>
    public HttpClient NewClient() => new() { BaseAddress = http.BaseAddress, DefaultRequestHeaders = { { "X-API-Key", system.AdminKey } } };

    /// <summary>As the administrator.</summary>
    public async Task<string> Text(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-API-Key", system.AdminKey } } };
        using var response = await http.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public async Task<(int Status, JsonElement Json)> Send(string method, string path, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = body is null ? null : new StringContent(body, new MediaTypeHeaderValue("application/json")) };
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }
        var answer = await Send(request, stranger: key is not null);
        return (answer.Status, answer.Json);
    }

    /// <summary>As the administrator, unless it is a stranger's. A stream is not read.</summary>
    public async Task<Answer> Send(HttpRequestMessage request, bool stranger = false)
    {
        if (!stranger)
        {
            request.Headers.Add("X-API-Key", system.AdminKey);
        }
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var type = response.Content.Headers.ContentType?.MediaType;
        var text = type == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync();
        return new((int)response.StatusCode, type, text.Length == 0 ? default : JsonElement.Parse(text), response.Headers.Location);
    }

    /// <summary>Something in the state that a row's path asks for.</summary>
    public Task<string> Make(string what) => what switch
    {
        "completed" => Job("""{"task_name":"echo","args":[42,"test"],"kwargs":{"format":"json"},"tags":["data"],"metadata":{"source":"api"},"version":"1.0"}""", "completed"),
        "failed" => Job("""{"task_name":"fail","max_retries":0}""", "failed"),
        "pending" => Job("""{"task_name":"echo","queue_name":"still"}""", "pending"),
        "running" => Job("""{"task_name":"sleep","kwargs":{"seconds":600}}""", "running"),
        "schedule" => Schedule("""{"name":"Daily Report","task_name":"echo","cron_expression":"0 0 * * *","args":["daily"],"tags":["report"],"metadata":{"department":"accounting"}}"""),
        "queue" => Task.FromResult("still"),
        "worker" => Task.FromResult("standalone"),
        "task" => Task.FromResult("process_data"),
        "key" => Key(),
        "session" => Session(),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, "not something that can be made"),
    };

    async Task<string> Job(string json, string state)
    {
        var (status, job) = await Send("POST", "/api/v1/jobs", json);
        Assert.True(status == 201, $"{job}");
        var id = job.GetProperty("id").GetString()!;
        try
        {
            await Eventually.Holds(async () => (await Send("GET", $"/api/v1/jobs/{id}")).Json.GetProperty("status").GetString() == state, TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"never {state}: {await Text($"/api/v1/jobs/{id}")}\n{await Text($"/api/v1/jobs/{id}/explain")}", error);
        }
        return id;
    }

    async Task<string> Schedule(string json)
    {
        var (status, schedule) = await Send("POST", "/api/v1/schedules", json);
        Assert.True(status == 201, $"{schedule}");
        return schedule.GetProperty("id").GetString()!;
    }

    async Task<string> Session()
    {
        var (status, session) = await Send("POST", "/api/v1/worker-sessions", """{"name":"example","slots":1,"tasks":[{"name":"idle"}]}""");
        Assert.True(status == 201, $"{session}");
        return session.GetProperty("id").GetString()!;
    }

    /// <summary>A worker over HTTP that nobody plays answers no command, and is counted.</summary>
    public async Task EndSessions()
    {
        foreach (var worker in (await Send("GET", "/api/v1/workers?limit=1000")).Json.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("id").GetString()!).Where(x => x.Contains('~')))
        {
            await Send("DELETE", $"/api/v1/worker-sessions/{worker}");
        }
    }

    async Task<string> Key()
    {
        var (status, key) = await Send("POST", "/api/v1/api-keys", """{"name":"example"}""");
        Assert.True(status == 201, $"{key}");
        return key.GetProperty("id").GetString()!;
    }

    public virtual async Task DisposeAsync()
    {
        http.Dispose();
        await system.DisposeAsync();
    }
}

public sealed record Answer(int Status, string? ContentType, JsonElement Json, Uri? Location);
