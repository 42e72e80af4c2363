using System.Diagnostics.Metrics;
using JobSystem.Client.EntityFrameworkCore.Relaying;
using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>What is missing or wrong says so where it is; and figures.</summary>
public sealed class OutboxSetupTests
{
    static HostApplicationBuilder NewBuilder()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddDbContext<DbWithoutOutbox>(x => x.UseSqlite("Data Source=:memory:"));
        builder.Services.AddDbContext<ShopDb>(x => x.UseSqlite("Data Source=:memory:"));
        return builder;
    }

    static IHttpClientBuilder AddClient(IServiceCollection services) => services.AddJobSystemClient(o => (o.Url, o.ApiKey) = ("http://127.0.0.1:1", "a-key"));

    [Fact]
    public async Task Start_OfAContextWithoutTable_IsRefused()
    {
        var builder = NewBuilder();
        AddClient(builder.Services).AddOutbox<DbWithoutOutbox>();
        using var host = builder.Build();

        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Equal(
            "The model of DbWithoutOutbox has no outbox: call modelBuilder.AddJobOutbox() in its OnModelCreating, and add a migration.", missing.Message);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Start_OnADatabaseWithoutTheTable_SaysToMigrateIt(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var app = ShopApp.Build(database.Provider, database.ConnectionString, "http://127.0.0.1:1", "a-key");
        await app.Use(db => db.Database.ExecuteSqlRawAsync("drop table job_outbox"));

        await app.StartAsync();

        await Eventually.Holds(() => app.Log.Any(x => x.Id == 6003));
        Assert.EndsWith("Add a migration for the table of the outbox, and apply it.", app.Log.First(x => x.Id == 6003).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithOptionsThatAreWrong_IsRefused()
    {
        var builder = NewBuilder();
        AddClient(builder.Services).AddOutbox<ShopDb>(o => (o.BatchSize, o.PollInterval, o.Lease, o.Retention) = (1001, default, default, TimeSpan.MinValue));
        using var host = builder.Build();

        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(["BatchSize: expected 1 to 1000, got 1001", "PollInterval: expected more than zero, got 00:00:00",
            "Lease: expected at least 00:00:01, got 00:00:00", $"Retention: expected zero or more, got {TimeSpan.MinValue}"],
            wrong.Failures.Select(x => x.Replace($"Outbox of {typeof(ShopDb).FullName}: ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Outbox_OfAnotherHttpClient_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddHttpClient("other").AddOutbox<ShopDb>());

    [Fact]
    public async Task Outbox_ThatIsAddedTwice_HasOneRelay()
    {
        var builder = NewBuilder();
        AddClient(builder.Services).AddOutbox<ShopDb>(o => o.BatchSize = 7).AddOutbox<ShopDb>(o => o.RunsRelay = false);
        using var host = builder.Build();

        Assert.Single(host.Services.GetServices<IHostedService>(), x => x is OutboxRelay<ShopDb>);
        var options = host.Services.GetRequiredService<IOptionsMonitor<OutboxOptions>>().Get(typeof(ShopDb).FullName);
        Assert.Equal((7, false), (options.BatchSize, options.RunsRelay));
        await host.StartAsync();
    }

    [Fact]
    public void Enqueue_InAContextWithoutOutbox_IsRefused()
    {
        var builder = NewBuilder();
        AddClient(builder.Services).AddOutbox<DbWithoutOutbox>();
        using var host = builder.Build();
        using var scope = host.Services.CreateScope();
        var services = scope.ServiceProvider;
        using var own = new ShopDb(new DbContextOptionsBuilder<ShopDb>().UseSqlite("Data Source=:memory:").Options);

        var notAdded = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<ShopDb>().Enqueue(new MakeNote("x")));
        var notOfAContainer = Assert.Throws<InvalidOperationException>(() => own.Enqueue(new MakeNote("x")));
        var notInTheModel = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<DbWithoutOutbox>().Enqueue(new MakeNote("x")));

        Assert.Equal(
            "ShopDb has no outbox: add it with services.AddJobSystemClient(…).AddOutbox<ShopDb>(), and take contexts from the container.", notAdded.Message);
        Assert.Equal(notAdded.Message, notOfAContainer.Message);
        Assert.StartsWith("The model of DbWithoutOutbox has no outbox", notInTheModel.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enqueue_OfWhatIsNotValid_IsRefusedAtOnce()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var app = await ShopApp.Start(database, "http://127.0.0.1:1", o => o.RunsRelay = false);

        await app.Use(async db =>
        {
            Assert.Equal(["kwargs.total"], Errors(() => db.Enqueue(new MakeInvoice(Guid.CreateVersion7(), -1))));
            Assert.Equal(["jobs[1].kwargs.total"], Errors(() => db.EnqueueMany([new MakeInvoice(default, 1), new MakeInvoice(default, -1)])));
            Assert.Equal(["queue_name"], Errors(() => db.Enqueue(new MakeNote("x"), x => x.Queue("two words"))));
            Assert.Equal(["job_id"], Errors(() => db.Enqueue(new MakeNote("x"), x => x.JobId(new string('x', 129)))));
            Assert.Equal(["idempotency_key"], Errors(() => db.Enqueue(new MakeNote("x"), x => x.IdempotencyKey("mine"))));
            Assert.Equal(["task_name"], Errors(() => db.Enqueue(new Api.CreateJobRequest { TaskName = "two words" })));
            Assert.Equal(["delay"], Errors(() => db.Enqueue(new Api.CreateJobRequest { TaskName = "echo", Delay = double.NaN })));
            Assert.Equal(["delay"], Errors(() => db.Enqueue(new Api.CreateJobRequest { TaskName = "echo", Delay = 1, RunAt = DateTimeOffset.UnixEpoch })));
            Assert.Equal(["expires_in"], Errors(() => db.Enqueue(new Api.CreateJobRequest { TaskName = "echo", ExpiresIn = 0 })));
            Assert.Equal(["job"], Errors(() => db.Enqueue(new MakeNote(new string('x', 9 << 20)))));
            return await db.SaveChangesAsync();
        });

        Assert.Equal(0, await database.Count());
    }

    [Fact]
    public async Task Wait_ForAJob_LastsUntilItIsPosted()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url, o => o.RunsRelay = false);
        var (job, completion) = await app.Use(async db =>
        {
            var job = db.Enqueue(new MakeNote("x"));
            var completion = job.Completion();
            await db.SaveChangesAsync();
            return (job, completion);
        });

        await using var relay = await ShopApp.Start(database, api.Url);

        await completion.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(api.Accepted.ContainsKey(job.Id));
    }

    [Fact]
    public async Task Wait_ForAJobThatIsNeverPosted_Ends()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var api = await FakeApi.Start();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        await using var app = await ShopApp.Start(database, api.Url, o => o.RunsRelay = false, time: time);
        var job = await app.Use(db => Task.FromResult(db.Enqueue(new MakeNote("not saved"))));

        var waits = job.Completion();
        await Eventually.Holds(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return waits.IsCompleted;
        });

        var missing = await Assert.ThrowsAsync<JobSystemException>(() => waits);
        Assert.Equal("job_not_found", missing.Code);
        Assert.Contains("once its transaction is committed", missing.Message, StringComparison.Ordinal);
        Assert.InRange(time.GetUtcNow().ToUnixTimeSeconds(), 50, long.MaxValue);
    }

    /// <summary>An id that the caller chooses is taken once.</summary>
    [Fact]
    public async Task Save_OfTwoJobsWithOneId_IsRefusedByTheDatabase()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var app = await ShopApp.Start(database, "http://127.0.0.1:1", o => o.RunsRelay = false);

        await Assert.ThrowsAsync<DbUpdateException>(() => app.SaveNotes(2, (x, _) => x.JobId("mine")));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Metrics_OfARelay_AreThoseOfTheDocument(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        api.Answer = batch => Task.FromResult(FakeApi.Refuse(batch, x => FakeApi.Text(x) == "0"));
        var values = new System.Collections.Concurrent.ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        await using var writer = await ShopApp.Start(database, api.Url, o => o.RunsRelay = false);
        await writer.SaveNotes(3);
        await using var app = ShopApp.Build(database.Provider, database.ConnectionString, api.Url, "a-key");
        // The meters of other tests in this process are not ours
        var ours = app.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, x) =>
        {
            if (instrument.Meter.Name == OutboxMetrics.MeterName && instrument.Meter.Scope == ours)
            {
                x.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        listener.Start();
        void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Assert.Equal([new("outbox", "ShopDb")], tags.ToArray());
            values.AddOrUpdate(instrument.Name, value, (_, sum) => instrument is Counter<long> ? sum + value : value);
        }

        await app.StartAsync();

        await Eventually.Holds(async () => await database.Count() == 1 && values.GetValueOrDefault("jobsystem.outbox.refused") == 1);
        Assert.Equal((3, 0, 2), (values["jobsystem.outbox.pending"], values["jobsystem.outbox.set_aside"], values["jobsystem.outbox.posted"]));
        Assert.InRange(values["jobsystem.outbox.oldest"], 0.001, 60);
        var documented = File.ReadLines(Path.Combine(Repository.Root, "docs", "outbox.md"))
            .Where(x => x.StartsWith("| `jobsystem.outbox.", StringComparison.Ordinal)).Select(x => x.Split('`')[1]);
        Assert.Equal(values.Keys.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    static IEnumerable<string> Errors(Action enqueue) => Assert.Throws<JobRefusedException>(enqueue).Errors.Keys;
}
