using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Monitoring;
using JobSystem.Monitoring.Alerts;
using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace JobSystem.Surface.Tests;

/// <summary>Each alert is raised and cleared by what the API answers, where the API is a server that says what the test wants.</summary>
public sealed class AlertTests(AlertTests.Host host) : IClassFixture<AlertTests.Host>
{
    const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    static readonly TimeSpan soon = TimeSpan.FromSeconds(10);

    public static TheoryData<string, string?, string, string?, double?> Cases => new()
    {
        { "jobs/stats", null, "database_down", null, null },
        { "workers", HealthTests.Nothing, "no_workers", null, 0 },
        { "workers", HealthTests.Worker.Replace("true", "false", StringComparison.Ordinal), "worker_lost", "w1", null },
        { "queues", HealthTests.Queue.Replace("\"workers\":1", "\"workers\":0", StringComparison.Ordinal), "queue_without_workers", "mail", 0 },
        { "queues", HealthTests.Queue.Replace("2.5", "301", StringComparison.Ordinal), "queue_age", "mail", 301 },
        { "jobs", """{"items":[{"id":"j1","queue_name":"mail","started_at":"2020-01-01T00:00:00Z","timeout":60}],"total":1}""", "stuck_job", null, 1 },
        { "schedules", null, "scheduler_down", null, null },
        { "schedules", """{"items":[{"next_run_at":"2020-01-01T00:00:00Z"}],"total":1}""", "scheduler_lag", null, null },
        { "history", """{"totals":{"completed":9,"failed":10,"timeout":1}}""", "failure_rate", null, 0.55 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Alert_OfWhatTheApiSays_IsRaisedAndCleared(string path, string? answer, string name, string? subject, double? value)
    {
        host.Answers = new(Host.Fine) { [path] = answer! };
        var raised = default(JsonElement);
        await Eventually.Holds(async () => (raised = (await Alerts("items")).SingleOrDefault(x => x.GetProperty("name").GetString() == name)).ValueKind == JsonValueKind.Object, soon);
        Assert.Equal((subject, JsonValueKind.Null), (raised.GetProperty("object").GetString(), raised.GetProperty("cleared_at").ValueKind));
        if (value is not null)
        {
            Assert.Equal(value, raised.GetProperty("value").GetDouble());
        }

        host.Answers = Host.Fine;
        await Eventually.Holds(async () => (await Alerts("items")).Count == 0, soon);
        Assert.Contains(await Alerts("cleared"), x => x.GetProperty("id").GetString() == raised.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Webhook_ThatFails_IsTriedAgainAndSigned()
    {
        await Eventually.Holds(async () => (await Alerts("items")).Count == 0, soon);
        host.Posts.Clear();
        host.Refusals = 2;
        host.Answers = new(Host.Fine) { ["workers"] = HealthTests.Nothing };
        await Eventually.Holds(() => host.Posts.Any(x => x.Status == 200 && x.Body.Contains("no_workers", StringComparison.Ordinal)), soon);
        host.Answers = Host.Fine;
        await Eventually.Holds(() => host.Posts.Any(x => x.Body.Contains("alert.cleared", StringComparison.Ordinal) && x.Body.Contains("no_workers", StringComparison.Ordinal)), soon);

        Assert.All(host.Posts, x =>
        {
            var expected = HMACSHA256.HashData(Convert.FromBase64String(Secret[6..]), Encoding.UTF8.GetBytes($"{x.Id}.{x.Timestamp}.{x.Body}"));
            Assert.Equal("v1," + Convert.ToBase64String(expected), x.Signature);
        });
        Assert.Contains(host.Posts.Where(x => x.Status == 500), refused => host.Posts.Any(x => x.Status == 200 && x.Id == refused.Id && x.Body == refused.Body));
    }

    /// <summary>The bus of one process is never down, so its check is made to say so.</summary>
    [Fact]
    public async Task BrokerDown_IsRaisedAndCleared()
    {
        host.Answers = Host.Fine;
        var board = new AlertBoard(rounds: 2);

        Assert.Empty(board.Apply(await Look(down: true), Moment));
        Assert.Equal("broker_down", Assert.Single(board.Apply(await Look(down: true), Moment)).Name);
        Assert.Empty(board.Apply(await Look(down: false), Moment));
        Assert.NotNull(Assert.Single(board.Apply(await Look(down: false), Moment)).ClearedAt);
        Assert.Empty(board.Now.Items);
    }

    [Fact]
    public async Task ErrorQueue_WithMessages_IsRaisedAndCleared()
    {
        host.Answers = Host.Fine;
        var board = new AlertBoard(rounds: 1);
        host.BrokerQueues = """[{"name":"audit_error","messages":2},{"name":"audit","messages":5},{"name":"submit-job_skipped","messages":0},{"name":"job-workers_error"}]""";
        var raised = Assert.Single(board.Apply(await Look(down: false, Broker()), Moment));
        Assert.Equal((AlertNames.ErrorQueue, "audit_error", 2d), (raised.Name, raised.Subject, raised.Value));

        host.BrokerQueues = null;
        Assert.Empty(board.Apply(await Look(down: false, Broker()), Moment));
        Assert.Single(board.Now.Items);

        host.BrokerQueues = """[{"name":"audit_error","messages":0}]""";
        Assert.NotNull(Assert.Single(board.Apply(await Look(down: false, Broker()), Moment)).ClearedAt);
    }

    [Theory]
    [InlineData("broker:15672", "amqp://u:p@broker/")]
    [InlineData("http://broker:15672", null)]
    public void ErrorQueues_WithoutAnAddressAndAUser_SayWhatIsMissing(string management, string? broker)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("JOBSYSTEM_RABBITMQ_MANAGEMENT", management), new("JOBSYSTEM_RABBITMQ", broker)]).Build();
        var refusal = Assert.Throws<SettingException>(() => new ErrorQueues(host.Services.GetRequiredService<IHttpClientFactory>(), settings));
        Assert.Contains("JOBSYSTEM_RABBITMQ_MANAGEMENT", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Board_WhereNothingCouldBeSeen_ChangesNothing()
    {
        var board = new AlertBoard(rounds: 1);
        var finding = new Finding(AlertNames.QueueAge, "mail", AlertSeverities.Warning, "A job has waited.");

        Assert.Single(board.Apply(new([finding], new HashSet<string>()), Moment));
        Assert.Empty(board.Apply(new([], new HashSet<string> { AlertNames.QueueAge }), Moment));
        Assert.Single(board.Now.Items);
        Assert.Single(board.Apply(new([], new HashSet<string>()), Moment));
    }

    static DateTimeOffset Moment => new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    ErrorQueues Broker() => new(host.Services.GetRequiredService<IHttpClientFactory>(), new ConfigurationBuilder().AddInMemoryCollection([new("JOBSYSTEM_RABBITMQ_MANAGEMENT", host.Broker), new("JOBSYSTEM_RABBITMQ", "amqp://monitoring:secret@127.0.0.1/")]).Build());

    async Task<Findings> Look(bool down, ErrorQueues? errors = null)
    {
        var limits = Options.Create(new StatusOptions());
        var (api, caller) = (host.Services.GetRequiredService<CanonicalReader>(), new ApiCaller([], default));
        var report = await new SystemReports(api, new BrokerCheck(down), errors ?? host.Services.GetRequiredService<ErrorQueues>(), limits, TimeProvider.System).Read(caller);
        return AlertRules.Evaluate(report, await api.Get<HistorySeries>(caller, "history"), new(), limits.Value);
    }

    async Task<List<JsonElement>> Alerts(string member) => [.. (await host.Send("GET", "/api/v1/alerts")).Json.GetProperty(member).EnumerateArray()];

    sealed class BrokerCheck(bool down) : HealthCheckService
    {
        public override Task<HealthReport> CheckHealthAsync(Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default) =>
            Task.FromResult(new HealthReport(new Dictionary<string, HealthReportEntry>
            {
                ["broker"] = new(down ? HealthStatus.Unhealthy : HealthStatus.Healthy, down ? "No connection." : null, TimeSpan.Zero, null, null),
            }, TimeSpan.Zero));
    }

    public sealed record Post(int Status, string Id, string Timestamp, string Signature, string Body);

    public sealed class Host : HealthTests.Host
    {
        public static Dictionary<string, string> Fine { get; } = new(HealthTests.Fine) { ["history"] = """{"totals":{"completed":100,"failed":3,"timeout":0}}""" };

        public ConcurrentQueue<Post> Posts { get; } = [];

        public int Refusals { get; set; }

        /// <summary>What the broker's management API says; null for nothing that could be read.</summary>
        public string? BrokerQueues { get; set; }

        public string Broker { get; private set; } = "";

        protected override IResult Queues(string vhost, HttpContext http) => BrokerQueues is { } queues && vhost == "/" && http.Request.Headers.Authorization == "Basic bW9uaXRvcmluZzpzZWNyZXQ="
            ? Results.Text(queues, "application/json")
            : Results.StatusCode(502);

        protected override async Task<IResult> Hook(HttpContext http)
        {
            using var reader = new StreamReader(http.Request.Body);
            var status = Refusals-- > 0 ? 500 : 200;
            Posts.Enqueue(new(status, http.Request.Headers["webhook-id"]!, http.Request.Headers["webhook-timestamp"]!, http.Request.Headers["webhook-signature"]!, await reader.ReadToEndAsync()));
            return Results.StatusCode(status);
        }

        protected override async Task<Dictionary<string, string?>> Settings()
        {
            Answers = Fine;
            var settings = await base.Settings();
            Broker = settings["JOBSYSTEM_API_URL"]!;
            return new(settings)
            {
                ["JOBSYSTEM_ALERT_SECONDS"] = "0.1",
                ["JOBSYSTEM_ALERT_START_SECONDS"] = "0",
                ["JOBSYSTEM_ALERT_WEBHOOKS"] = settings["JOBSYSTEM_API_URL"] + "/hook",
                ["JOBSYSTEM_ALERT_WEBHOOK_SECRET"] = Secret,
            };
        }
    }
}
