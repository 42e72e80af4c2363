using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>What the store does when PostgreSQL cuts its connections or is away.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();
    TestDatabase database = null!;
    Npgsql.NpgsqlDataSource source = null!;
    PostgresJobStore store = null!;

    public async Task InitializeAsync()
    {
        database = await (await PostgresServer.Shared()).CreateDatabase();
        source = JobsDatabase.HotSource(database.Url, "cut");
        store = PostgresStores.Open(database.Url, source);
        await store.Migrate(default);
    }

    public async Task DisposeAsync()
    {
        source.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Calls_AfterEveryConnectionWasCut_AreMadeAgain()
    {
        var job = NewJob();
        await Cut();
        Assert.Null(Assert.Single(await store.Insert([new([job])], default)).Conflict);
        await Cut();
        var loaded = Assert.Single(await store.Load([job.CorrelationId], default)).Value;
        await Cut();
        loaded.Progress = 50;
        Assert.Equal([true], await store.Write([new(loaded, 1)], default));
        await Cut();
        Assert.Single((await store.Claim(NewClaim(job), default)).Jobs);
        await Cut();
        Assert.Equal(3, (await store.Find(job.CorrelationId, default))!.Version);
    }

    [Fact]
    public async Task Insert_AnswerLost_IsNoConflictWithItself()
    {
        using var stop = new CancellationTokenSource();
        var cutter = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Cut();
                await Task.Delay(3);
            }
        });
        var stored = new List<Guid>();
        for (var n = 0; n < 150; n++)
        {
            var jobs = Enumerable.Range(0, 20).Select(_ => NewJob()).ToList();
            jobs[0].IdempotencyKey = $"key-{n}";
            try
            {
                Assert.Null(Assert.Single(await store.Insert([new(jobs)], default)).Conflict);
                stored.AddRange(jobs.Select(x => x.CorrelationId));
            }
            catch (StoreUnavailableException)
            {
                // Cut off twice in a row: the caller hears of it and would ask again
            }
        }
        await stop.CancelAsync();
        await cutter;

        Assert.NotEmpty(stored);
        Assert.Equal(stored.Count, (await store.Load(stored, default)).Count);
    }

    [Fact]
    public async Task Write_AnswerLost_InsertsTheFollowUpJobsWithTheRowAndOnce()
    {
        using var stop = new CancellationTokenSource();
        var cutter = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Cut();
                await Task.Delay(3);
            }
        });
        var (known, unknown) = (new List<JobState>(), new List<JobState>());
        for (var n = 0; n < 150; n++)
        {
            var parent = NewJob();
            try
            {
                Assert.Null(Assert.Single(await store.Insert([new([parent])], default)).Conflict);
                (parent.CurrentState, parent.CompletedAt) = (Contracts.JobStatus.Completed, now);
                parent.FollowUps = [.. Enumerable.Range(0, 5).Select(_ => NewJob(parent))];
                unknown.Add(parent);
                Assert.Equal([true], await store.Write([new(parent, 1)], default));
                Assert.Equal(5, parent.FollowUps.Count);
                known.Add(parent);
            }
            catch (StoreUnavailableException)
            {
                // Cut off twice in a row
            }
        }
        await stop.CancelAsync();
        await cutter;

        Assert.NotEmpty(known);
        foreach (var parent in unknown)
        {
            var row = await store.Find(parent.CorrelationId, default);
            Assert.True(row!.CurrentState == Contracts.JobStatus.Completed || !known.Contains(parent));
            Assert.Equal(row.CurrentState == Contracts.JobStatus.Completed ? 5 : 0, await Followers(parent));
        }
    }

    async Task<long> Followers(JobState parent)
    {
        await using var command = source.CreateCommand("select count(*) from jobs where parent_id = $1");
        command.Parameters.Add(new Npgsql.NpgsqlParameter<Guid> { TypedValue = parent.CorrelationId });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    [Fact]
    public async Task EveryCall_WhileNobodyListens_SaysSo()
    {
        var url = new UriBuilder(database.Url) { Port = FreePort.Next() }.Uri.ToString();
        using var nowhere = JobsDatabase.HotSource(url, "nowhere");
        var away = PostgresStores.Open(url, nowhere);
        Func<Task>[] calls =
        [
            () => away.Now(default),
            () => away.Insert([new([NewJob()])], default),
            () => away.Load([Guid.CreateVersion7()], default),
            () => away.Write([new(NewJob(), 1)], default),
            () => away.Due(now, now, 1, default),
            () => away.Claim(NewClaim(NewJob()), default),
            () => away.DisarmWaiting([Guid.CreateVersion7()], now, default),
            () => away.RenewLeases("w1", [], TimeSpan.FromSeconds(1), default),
            () => away.Find(Guid.CreateVersion7(), default),
            () => away.Tasks(default),
        ];

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(call);
        }
    }

    static JobClaim NewClaim(JobState job) => new()
    {
        Levels = [(job.Level, DateTimeOffset.UnixEpoch)],
        Queues = [job.QueueName],
        Workers = ["w1"],
        Now = TimeProvider.System.GetUtcNow(),
        LeaseUntil = TimeProvider.System.GetUtcNow().AddMinutes(1),
    };

    JobState NewJob(JobState? parent = null) => new()
    {
        CorrelationId = Guid.CreateVersion7(),
        ParentId = parent?.CorrelationId,
        Version = 1,
        TaskName = "echo",
        QueueName = "default",
        Owner = "ann",
        CreatedAt = now,
        ReadyAt = now,
        UpdatedAt = now,
        TimeoutSeconds = 300,
    };

    async Task Cut()
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut' and datname = current_database()", connection);
        await command.ExecuteNonQueryAsync();
    }
}
