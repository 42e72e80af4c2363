using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using JobSystem.Executor;
using JobSystem.JobApi;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Scheduler.Tests.Api;

/// <summary>
/// The schedule service with JobApi and an executor in one process, on a loopback port. Without settings: SQLite and the in-memory bus.
/// </summary>
public sealed class SchedulerHost : IAsyncDisposable
{
    const string Key = "test-key-of-the-administrator";
    readonly TemporaryFolder folder = TemporaryFolder.Create("scheduler");
    readonly WebApplication app;

    SchedulerHost(bool withJobs, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "JobSystem.Scheduler" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_DATA"] = folder.Path,
            ["JOBSYSTEM_POSTGRES"] = "",
            ["JOBSYSTEM_RABBITMQ"] = "",
            ["JOBSYSTEM_ADMIN_KEY"] = Key,
            ["JOBSYSTEM_SCAN_SECONDS"] = "0.2",
            ["Auth:Jwt:SigningKey"] = Callers.SigningKey,
            ["Auth:Jwt:Issuer"] = "tests",
            ["Auth:Jwt:Audience"] = "tests",
            ["JOBSYSTEM_WORKER_NAME"] = "tester",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddServiceDefaults().AddJobSystemAuthentication();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddScheduler();
        if (withJobs)
        {
            builder.AddJobApi().AddExecutor();
        }
        builder.AddJobSystemBus(
            bus =>
            {
                bus.AddSchedulerConsumers();
                if (withJobs)
                {
                    bus.AddJobApiConsumers();
                }
            },
            (context, bus) =>
            {
                bus.ConfigureSchedulerEndpoints(context);
                if (withJobs)
                {
                    bus.ConfigureJobApiEndpoints(context);
                    bus.ConfigureExecutorEndpoints(context);
                }
            });
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapScheduler();
        if (withJobs)
        {
            app.MapJobApi();
        }
    }

    public HttpClient Http { get; } = new();
    public IServiceProvider Services => app.Services;

    /// <param name="withJobs">False: a scheduler alone, beside another process that has the jobs.</param>
    public static async Task<SchedulerHost> Start(bool withJobs = true, params (string Name, string? Value)[] settings)
    {
        var host = new SchedulerHost(withJobs, settings.Select(x => KeyValuePair.Create(x.Name, x.Value)));
        await host.app.StartAsync();
        host.Http.BaseAddress = new(
            host.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        host.Http.DefaultRequestHeaders.Add("X-API-Key", Key);
        await Eventually.Holds(async () => (await host.Send(HttpMethod.Get, withJobs ? "tasks/echo" : "schedules")).Status == HttpStatusCode.OK
            && (await host.Send(HttpMethod.Get, "schedules")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(60));
        return host;
    }

    public Task<(HttpStatusCode Status, JsonElement Json, HttpResponseHeaders Headers)> Send(HttpMethod method, string path, string? json = null) =>
        Send(Http, method, path, json);

    /// <summary>Sends a request with other credentials than the administrator's, or with none.</summary>
    public async Task<(
        HttpStatusCode Status, JsonElement Json, HttpResponseHeaders Headers)> As((string Name, string Value)? credentials,
        HttpMethod method, string path, string? json = null)
    {
        using var http = new HttpClient { BaseAddress = Http.BaseAddress };
        if (credentials is var (name, value))
        {
            http.DefaultRequestHeaders.Add(name, value);
        }
        return await Send(http, method, path, json);
    }

    static async Task<(
        HttpStatusCode Status, JsonElement Json, HttpResponseHeaders Headers)> Send(HttpClient http, HttpMethod method, string path,
        string? json)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{path}") { Content = json is null ? null : new StringContent(json, new MediaTypeHeaderValue("application/json")) };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text), response.Headers);
    }

    public async Task<JsonElement> Expect(HttpStatusCode status, HttpMethod method, string path, string? json = null)
    {
        var answer = await Send(method, path, json);
        Assert.True(answer.Status == status, $"expected {status}; got {answer.Status}: {answer.Json}");
        return answer.Json;
    }

    /// <summary>Creates a schedule and returns its id.</summary>
    public async Task<string> Create(string json) =>
        (await Expect(HttpStatusCode.Created, HttpMethod.Post, "schedules", json)).GetProperty("id").GetString()!;

    public async Task<List<JsonElement>> Jobs(string id) =>
        [.. (await Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}/jobs?limit=1000")).GetProperty("items").EnumerateArray()];

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        folder.Dispose();
    }
}
