using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Surface.Tests;

/// <summary>What the health document makes of what the API answers, where the API is a server that says what the test wants.</summary>
public sealed class HealthTests(HealthTests.Host host) : IClassFixture<HealthTests.Host>
{
    const string Stats = """{"total_jobs":7,"by_queue":{},"by_task":{}}""";
    internal const string Worker = """{"items":[{"name":"w1","status":"running","is_healthy":true,"queues":["mail"],"processed":5,"uptime":60}],"total":1}""";
    internal const string Queue = """{"items":[{"name":"mail","size":3,"is_paused":false,"running":1,"scheduled":0,"oldest_age":2.5,"workers":1}],"total":1}""";
    internal const string Nothing = """{"items":[],"total":0}""";

    internal static Dictionary<string, string> Fine { get; } = new() { ["jobs/stats"] = Stats, ["workers"] = Worker, ["queues"] = Queue, ["schedules"] = Nothing, ["jobs"] = Nothing };

    public static TheoryData<string, string?, string, string, string> Cases => new()
    {
        { "jobs", Nothing, "healthy", "database", "Job system is healthy" },
        { "jobs/stats", null, "unhealthy", "database", "database: The database is away." },
        { "schedules", null, "unhealthy", "scheduler", "scheduler: The database is away." },
        { "schedules", """{"items":[{"next_run_at":"2020-01-01T00:00:00Z"}],"total":1}""", "unhealthy", "scheduler", "scheduler: A schedule is " },
        { "workers", Nothing, "unhealthy", "workers", "workers: No worker is alive" },
        { "workers", Worker.Replace("true", "false", StringComparison.Ordinal), "unhealthy", "worker_w1", "worker_w1: Worker is lost" },
        { "queues", Queue.Replace("\"workers\":1", "\"workers\":0", StringComparison.Ordinal), "degraded", "queues", "queues: Jobs wait in queues that no live worker serves: mail" },
        { "queues", Queue.Replace("2.5", "301", StringComparison.Ordinal), "degraded", "queues", "queues: Jobs have waited for more than 300 s: mail" },
        { "queues", Queue.Replace("2.5", "301", StringComparison.Ordinal).Replace("\"is_paused\":false", "\"is_paused\":true", StringComparison.Ordinal), "healthy", "queues", "Job system is healthy" },
        { "jobs", """{"items":[{"id":"j1","queue_name":"mail","started_at":"2020-01-01T00:00:00Z","timeout":60}],"total":1}""", "degraded", "stuck_jobs", "stuck_jobs: 1 jobs run for longer than they may" },
        { "jobs", """{"items":[{"id":"j1","queue_name":"mail","started_at":"2020-01-01T00:00:00Z","timeout":9000000000}],"total":1}""", "healthy", "stuck_jobs", "Job system is healthy" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Health_OfWhatTheApiSays_NamesWhatIsWrong(string path, string? answer, string status, string check, string message)
    {
        host.Answers = new(Fine) { [path] = answer! };
        var (code, report) = await host.Send("GET", "/api/v1/health");
        Assert.Equal(200, code);
        Assert.Equal(status, report.GetProperty("status").GetString());
        Assert.Contains(message, report.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(status == "healthy", report.GetProperty("checks").GetProperty(check).GetProperty("status").GetString() == "healthy");
    }

    [Fact]
    public async Task Health_SilentApi_IsUnhealthyAndSaysSo()
    {
        host.Answers = null;
        var (code, report) = await host.Send("GET", "/jobs/health");
        Assert.Equal((200, "unhealthy"), (code, report.GetProperty("status").GetString()));
        Assert.Contains("database: It did not answer.", report.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(503, (await host.Send("GET", "/jobs/info")).Status);
    }

    [Fact]
    public async Task Overview_OfManyChannels_AsksForSomeAtOnceAndShowsTheBusiestFirst()
    {
        var queues = Enumerable.Range(1, 30).Select(n => Queue[10..^12].Replace("mail", $"q{n}", StringComparison.Ordinal).Replace("\"size\":3", $"\"size\":{n}", StringComparison.Ordinal));
        host.Answers = new(Fine) { ["queues"] = $$"""{"items":[{{string.Join(',', queues)}}],"total":30}""" };
        host.Most = 0;
        host.Delay = TimeSpan.FromMilliseconds(100);
        try
        {
            var (code, overview) = await host.Send("GET", "/api/jobs/health");
            Assert.Equal(200, code);
            Assert.Equal(Enumerable.Range(11, 20).Reverse().Select(n => $"q{n}"), overview.GetProperty("data").GetProperty("channels").EnumerateArray().Select(x => x.GetProperty("channel").GetString()));
            Assert.InRange(host.Most, 6, 10);
        }
        finally
        {
            host.Delay = TimeSpan.Zero;
        }
    }

    public class Host : SurfaceHost
    {
        readonly WebApplication api;
        int looks;
        int open;

        public Host()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            api = builder.Build();
            api.Map("/api/v1/{**path}", Answer);
            api.MapPost("/hook", (Delegate)Hook);
            api.MapGet("/api/queues/{vhost}", (string vhost, HttpContext http) => Queues(Uri.UnescapeDataString(vhost), http));
        }

        /// <summary>By path; null for one that the database is away for. Null altogether: the connection is cut.</summary>
        public Dictionary<string, string>? Answers { get; set; } = Fine;

        /// <summary>How often the statistics were asked for, which each look does once.</summary>
        public int Looks => looks;

        /// <summary>How long each answer takes.</summary>
        public TimeSpan Delay { get; set; }

        /// <summary>The most questions that were open at the same time.</summary>
        public int Most { get; set; }

        protected virtual Task<IResult> Hook(HttpContext http) => Task.FromResult(Results.NotFound());

        protected virtual IResult Queues(string vhost, HttpContext http) => Results.NotFound();

        async Task<IResult> Answer(string path, HttpContext http)
        {
            Most = Math.Max(Most, Interlocked.Increment(ref open));
            await Task.Delay(Delay);
            Interlocked.Decrement(ref open);
            if (path == "jobs/stats")
            {
                Interlocked.Increment(ref looks);
            }
            if (Answers is null)
            {
                http.Abort();
                return Results.Empty;
            }
            return Answers[path] is { } json ? Results.Text(json, "application/json") : Results.Problem("The database is away.", statusCode: 503);
        }

        protected override async Task<Dictionary<string, string?>> Settings()
        {
            await api.StartAsync();
            return new() { ["JOBSYSTEM_API_URL"] = api.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() };
        }

        public override async Task DisposeAsync()
        {
            await base.DisposeAsync();
            await api.DisposeAsync();
        }
    }
}
