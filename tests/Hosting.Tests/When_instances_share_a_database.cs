using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Npgsql;

namespace JobSystem.Hosting.Tests;

/// <summary>Two instances of an application on one PostgreSQL, with no broker.</summary>
public sealed class When_instances_share_a_database : IAsyncLifetime
{
    static readonly TimeSpan soon = TimeSpan.FromSeconds(30);
    readonly CancellationTokenSource deadline = new(TimeSpan.FromMinutes(2));
    TestDatabase database = null!;

    public async Task InitializeAsync() => database = await (await PostgresServer.Shared()).CreateDatabase();

    public async Task DisposeAsync()
    {
        deadline.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Should_share_the_work()
    {
        // At once: both find no tables
        var both = await Task.WhenAll(Open("first"), Open("second"));
        await using var first = both[0];
        await using var second = both[1];

        var invoices = await first.Jobs.EnqueueMany(Enumerable.Range(1, 100).Select(x => new MakeInvoice(x, TakesMs: 100)), cancellationToken: deadline.Token);
        var made = await Task.WhenAll(invoices.Select(x => x.Result(deadline.Token)));

        Assert.Equal(Enumerable.Range(1, 100).Select(x => $"{x}/1").Order(), made.Select(x => x.Number).Order());
        var ran = (await second.Client.Jobs.List(page: new() { Limit = 200 })).Items.CountBy(x => x.WorkerId ?? "").ToDictionary();
        Assert.Equal(2, ran.Count);
        Assert.All(ran, x => Assert.InRange(x.Value, 10, 90));
    }

    [Fact]
    public async Task Should_hear_each_other()
    {
        await using var first = await Open("first");
        await using var second = await Open("second");
        var worker = await WorkerOf(second, "second");
        await using var heard = first.Client.Events.Stream(cancellationToken: deadline.Token).GetAsyncEnumerator(deadline.Token);

        // A command reaches the worker over the instance that it is connected to, and its answer comes back
        Assert.Equal("paused", (await first.Client.Workers.Pause(worker)).Status);
        await Eventually.Holds(async () => (await second.Client.Workers.Get(worker)).Status == "paused", soon, "it is paused");
        await first.Client.Workers.Resume(worker);
        // Steps of jobs of the other instance come too
        await Eventually.Holds(async () =>
        {
            var job = await second.Jobs.Enqueue(new MakeInvoice(1), cancellationToken: deadline.Token);
            await job.Result(deadline.Token);
            while (await heard.MoveNextAsync())
            {
                if (heard.Current.JobId == job.Id)
                {
                    return true;
                }
            }
            return false;
        }, soon, "the steps of the other instance's job are heard");
    }

    [Fact]
    public async Task Should_run_a_job_where_another_instance_accepts_and_cancels_it()
    {
        await using var first = await Open("first");
        await using var second = await Open("second");
        await first.Client.Workers.Pause(await WorkerOf(first, "first"));

        var job = await first.Jobs.Enqueue(new MakeInvoice(1, TakesMs: 60_000), cancellationToken: deadline.Token);
        await Eventually.Holds(async () => (await first.Client.Jobs.Get(job.Id)).Status == "running", soon, "it runs");
        var running = await first.Client.Jobs.Get(job.Id);
        await first.Client.Jobs.Cancel(job.Id);

        Assert.Equal(await WorkerOf(first, "second"), running.WorkerId);
        Assert.Equal("cancelled", (await first.Client.Jobs.Wait(job.Id, soon)).Status);
    }

    [Fact]
    public async Task Should_fire_a_schedule_once()
    {
        await using var first = await Open("first");
        await using var second = await Open("second");

        var schedule = await first.Client.Schedules.Create(new() { Name = "each second", TaskName = "print", Args = RawJson.FromText("""["hello"]"""), Interval = new() { Seconds = 1 } });
        await Eventually.Holds(async () => (await second.Client.Schedules.Jobs(schedule.Id)).Items.Count >= 4, soon, "it has run");

        var runs = (await second.Client.Schedules.Jobs(schedule.Id)).Items;
        Assert.Distinct(runs.Select(x => x.ScheduledAt));
    }

    [Fact]
    public async Task Should_tell_of_an_alert_once()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var pager = builder.Build();
        var told = new ConcurrentQueue<string>();
        pager.MapPost("/", (JsonElement alert) => told.Enqueue(alert.GetProperty("type").GetString()!));
        await pager.StartAsync();
        var settings = new Dictionary<string, string>
        {
            ["JOBSYSTEM_ALERT_WEBHOOKS"] = pager.Urls.Single(),
            ["JOBSYSTEM_ALERT_WEBHOOK_SECRET"] = $"whsec_{Convert.ToBase64String(new byte[32])}",
            ["JOBSYSTEM_ALERT_SECONDS"] = "0.5",
            ["JOBSYSTEM_ALERT_START_SECONDS"] = "0",
            ["JOBSYSTEM_ALERT_FAILURE_JOBS"] = "1",
        };
        await using var first = await Open("first", settings: settings);
        await using var second = await Open("second", settings: settings);

        var job = await first.Jobs.Enqueue(new MakeInvoice(OrderId: -1), x => x.MaxRetries(0), deadline.Token);
        await Eventually.Holds(async () => (await second.Client.Jobs.Get(job.Id)).Status == "failed", soon, "it fails");
        foreach (var shop in (Shop[])[first, second])
        {
            await Eventually.Holds(
                async () => (await shop.Client.System.Alerts()).Items.Any(x => x.Name == "failure_rate"), soon, "both instances know of the failures");
        }
        await Eventually.Holds(() => !told.IsEmpty, soon, "one of them tells");
        var evaluated = (await second.Client.System.Alerts()).EvaluatedAt;
        await Eventually.Holds(async () => (await second.Client.System.Alerts()).EvaluatedAt > evaluated, soon, "they have looked again");
        await Eventually.Holds(async () => (await first.Client.System.Alerts()).EvaluatedAt > evaluated, soon, "they have looked again");

        Assert.Equal(["alert.raised"], told);
    }

    [Fact]
    public async Task Should_keep_systems_in_other_schemas_apart()
    {
        await using var first = await Open("first");
        await using var other = await Open("other", schema: "other_jobs");

        var job = await first.Jobs.Enqueue(new MakeInvoice(1), cancellationToken: deadline.Token);
        await job.Result(deadline.Token);

        Assert.Equal((int)HttpStatusCode.NotFound, (await Assert.ThrowsAsync<JobSystemException>(() => other.Client.Jobs.Get(job.Id))).Status);
        Assert.Empty((await other.Client.Jobs.List()).Items);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var tables = source.CreateCommand("select count(*) from pg_tables where schemaname = 'public'");
        Assert.Equal(0L, await tables.ExecuteScalarAsync(deadline.Token));
    }

    [Fact]
    public async Task Should_run_what_an_instance_leaves_when_it_stops()
    {
        await using var first = await Open("first");
        await using var second = await Open("second");
        await first.Client.Workers.Pause(await WorkerOf(first, "first"));
        var job = await first.Jobs.Enqueue(new MakeInvoice(1, TakesMs: 3_000), cancellationToken: deadline.Token);
        await Eventually.Holds(async () => (await first.Client.Jobs.Get(job.Id)).Status == "running", soon, "it runs");

        await second.App.StopAsync();
        await first.Client.Workers.Resume(await WorkerOf(first, "first"));

        Assert.Equal("1/2", (await job.Result(deadline.Token)).Number);
    }

    [Fact]
    public async Task Should_start_without_the_database_and_go_on_with_it()
    {
        await using var server = await PostgresServer.StartPrivate();
        await using var own = await server.CreateDatabase();
        await server.Stop();
        await using var shop = await Shop.Open(postgres: own.Url.ToString());

        using var ready = await shop.Http.GetAsync("/jobs/health/ready");
        await server.Start();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        await Eventually.Holds(async () =>
        {
            using var answer = await shop.Http.GetAsync("/jobs/health/ready");
            return answer.StatusCode == HttpStatusCode.OK;
        }, soon, "it is ready");
        Assert.Equal("7/1", (await (await shop.Jobs.Enqueue(new MakeInvoice(7), cancellationToken: deadline.Token)).Result(deadline.Token)).Number);
    }

    [Theory]
    [InlineData("http://example.com", "jobsystem", "connection", "Expected postgresql://user:password@host:port/database")]
    [InlineData("Host=localhost", "Jobs", "schema", "expected letters a to z, digits and underscores, at most 63, not beginning with a digit or pg_; got 'Jobs'")]
    [InlineData("Host=localhost", "pg_jobs", "schema", "got 'pg_jobs'")]
    [InlineData("Host=localhost", "1a", "schema", "got '1a'")]
    [InlineData("Host=localhost", "", "schema", "got ''")]
    public void Should_say_what_is_wrong_with_its_address(string connection, string schema, string parameter, string said)
    {
        var error = Assert.Throws<ArgumentException>(() => new JobSystemHostOptions().UsePostgres(connection, schema));

        Assert.Equal(parameter, error.ParamName);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_work_with_the_applications_own_connection_string()
    {
        var connection = database.ConnectionString + ";Minimum Pool Size=30;Maximum Pool Size=40;Multiplexing=true;Search Path=shop";
        await using var shop = await Shop.Open(postgres: connection);

        Assert.Equal("7/1", (await (await shop.Jobs.Enqueue(new MakeInvoice(7), cancellationToken: deadline.Token)).Result(deadline.Token)).Number);
        Assert.Empty((await shop.Client.Schedules.List()).Items);
        await Eventually.Holds(async () => (await shop.Http.GetAsync("/jobs/health/ready")).IsSuccessStatusCode, soon, "it is ready");
    }

    Task<Shop> Open(string name, string schema = "shop_jobs", IReadOnlyDictionary<string, string>? settings = null) =>
        Shop.Open(postgres: database.Url, schema: schema, name: name, settings: settings);

    async Task<string> WorkerOf(Shop shop, string name)
    {
        var id = "";
        await Eventually.Holds(async () =>
        {
            id = (await shop.Client.Workers.List(cancellationToken: deadline.Token)).Items.SingleOrDefault(x => x.Name == name)?.Id;
            return id is not null;
        }, soon, $"there is a worker {name}");
        return id!;
    }
}
