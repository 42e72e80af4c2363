using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Executor;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.Support;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.JobApi.Tests.Api;

/// <summary>
/// The job service and an executor in one process, on a loopback port. Without settings: SQLite and the in-memory bus. The
/// executor serves the queue <c>default</c> only, so that jobs of other queues wait.
/// </summary>
public sealed class JobApiHost : IAsyncDisposable
{
    const string Key = "test-key-of-the-administrator";
    readonly TemporaryFolder folder = TemporaryFolder.Create("jobapi");
    readonly WebApplication app;
    readonly (string Name, string? Value)[] settings;
    IReadOnlyList<IAsyncDisposable> servers = [];

    JobApiHost((string Name, string? Value)[] settings)
    {
        this.settings = settings;
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "JobSystem.JobApi" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_DATA"] = folder.Path,
            ["JOBSYSTEM_POSTGRES"] = "",
            ["JOBSYSTEM_RABBITMQ"] = "",
            ["JOBSYSTEM_ADMIN_KEY"] = Key,
            ["JOBSYSTEM_QUEUES"] = "default",
            ["JOBSYSTEM_SCAN_SECONDS"] = "0.2",
            ["JOBSYSTEM_WORKER_NAME"] = "tester",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(x => KeyValuePair.Create(x.Name, x.Value)));
        builder.AddServiceDefaults().AddJobSystemAuthentication();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(Log).SetMinimumLevel(LogLevel.Information);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddJobApi().AddExecutor();
        builder.Services.Configure<Worker.JobWorkerOptions>(worker => worker.MayEndProcess = false);
        builder.AddJobSystemBus(
            bus =>
            {
                bus.AddJobApiConsumers();
            },
            (context, bus) =>
            {
                bus.ConfigureJobApiEndpoints(context);
                bus.ConfigureExecutorEndpoints(context);
            });
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapJobApi();
    }

    public HttpClient Http { get; } = new();
    public IServiceProvider Services => app.Services;
    public MemoryLog Log { get; } = new();

    /// <summary>Where the database file is, when there is one.</summary>
    public string Folder => folder.Path;

    public static async Task<JobApiHost> Start(params (string Name, string? Value)[] settings)
    {
        var host = new JobApiHost(settings);
        await host.app.StartAsync();
        var address = host.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        host.Http.BaseAddress = new(address);
        host.Http.DefaultRequestHeaders.Add("X-API-Key", Key);
        await host.Ready();
        return host;
    }

    /// <summary>On PostgreSQL and RabbitMQ, each with a corner of its own.</summary>
    public static async Task<JobApiHost> StartOnServers(params (string Name, string? Value)[] settings)
    {
        var vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        var database = await (await PostgresServer.Shared()).CreateDatabase();
        settings = [.. settings, ("JOBSYSTEM_POSTGRES", database.Url), ("JOBSYSTEM_RABBITMQ", vhost.Url)];
        var host = await Start(settings);
        host.servers = [vhost, database];
        return host;
    }

    /// <summary>A second instance on the same database and broker.</summary>
    public Task<JobApiHost> Another() => Start([.. settings, ("JOBSYSTEM_WORKER_NAME", "another")]);

    /// <summary>As a worker does that is no longer there.</summary>
    public async Task Announce(string worker, string task, string version)
    {
        var endpoint = await Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{BusAddresses.Workers}"));
        await endpoint.Send(new AnnounceTasks { WorkerId = worker, Tasks = [new() { Name = task, Version = version, IsAsync = true }] });
        await Eventually.Holds(async () => (await Get($"tasks/{task}?version={version}")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(20));
    }

    /// <summary>Waits for the worker's first heartbeat.</summary>
    public Task HasWorker() => Eventually.Holds(async () => (await Get("workers")).Json.GetProperty("total").GetInt32() > 0, TimeSpan.FromSeconds(30));

    async Task Ready()
    {
        try
        {
            await Eventually.Holds(async () => (await Get("tasks/echo")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"the executor's tasks did not become known:\n{string.Join('\n', Log.Lines)}", late);
        }
    }

    public Task<Reply> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<Reply> Post(string path, string? json = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, json is null ? null : new StringContent(json, new MediaTypeHeaderValue("application/json")), headers);

    public Task<Reply> Put(string path, string json) => Send(HttpMethod.Put, path, new StringContent(json, new MediaTypeHeaderValue("application/json")));

    public async Task<Reply> Send(HttpMethod method, string path, HttpContent? body, params (string Name, string Value)[] headers) =>
        await Send(Http, method, path, body, headers);

    /// <summary>As somebody else: with other credentials than the administrator's, or with none.</summary>
    public async Task<Reply> As((string Name, string Value)? credentials, HttpMethod method, string path, string? json = null)
    {
        using var http = new HttpClient { BaseAddress = Http.BaseAddress };
        return await Send(http, method, path, json is null ? null : new StringContent(json, new MediaTypeHeaderValue("application/json")), credentials is { } given ? [given] : []);
    }

    static async Task<Reply> Send(HttpClient http, HttpMethod method, string path, HttpContent? body, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : $"/api/v1/{path}") { Content = body };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await http.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Submits and answers the view.</summary>
    public async Task<JsonElement> Submit(string json) => (await Post("jobs", json)).Expect(HttpStatusCode.Created);

    /// <summary>Submits so many at once and answers their ids.</summary>
    public async Task<IEnumerable<string>> Batch(int count, string json)
    {
        var reply = await Post("jobs/batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat(json, count))}}]}""");
        return reply.Expect(HttpStatusCode.Created).GetProperty("ids").EnumerateArray().Select(x => x.GetString()!);
    }

    /// <summary>Waits until the job is final and answers the view.</summary>
    public async Task<JsonElement> End(string id) => (await Get($"jobs/{id}/wait?timeout=20")).Expect(HttpStatusCode.OK);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
        folder.Dispose();
    }
}

/// <summary>An answer as it came.</summary>
public sealed record Reply(HttpStatusCode Status, string Text, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonElement Json => JsonElement.Parse(Text);
    public string? Code => Json.GetProperty("code").GetString();
    public string? Detail => Json.GetProperty("detail").GetString();

    public JsonElement Expect(HttpStatusCode status)
    {
        Assert.True(status == Status, $"expected {status}; got {Status}: {Text}");
        return Text.Length == 0 ? default : Json;
    }

    /// <summary>A problem document with this code.</summary>
    public JsonElement Refused(HttpStatusCode status, string code)
    {
        var problem = Expect(status);
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal(code, Code);
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("trace_id").GetString()));
        return problem;
    }

    /// <summary>The messages about one field.</summary>
    public string About(string field) => Json.GetProperty("errors").TryGetProperty(field, out var messages)
        ? string.Join('\n', messages.EnumerateArray().Select(x => x.GetString()))
        : throw new InvalidOperationException($"no error about {field}: {Text}");
}

/// <summary>What was logged, for tests that ask whether the reason was.</summary>
public sealed class MemoryLog : ILoggerProvider
{
    readonly System.Collections.Concurrent.ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => lines;

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, lines);

    public void Dispose()
    {
    }

    sealed class Logger(string category, System.Collections.Concurrent.ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new StringBuilder().Append(logLevel).Append(' ').Append(category).Append(' ').Append(formatter(state, exception)).Append(exception is null ? "" : $" {exception}").ToString());
    }
}

/// <summary>One host for all tests that do not disturb each other.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public JobApiHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await JobApiHost.Start();

    public async Task DisposeAsync() => await Host.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class ApiTests : ICollectionFixture<SharedHost>
{
    public const string Name = "api";
}
