using System.Diagnostics;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.Support;
using Npgsql;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>A process that stops in the middle of a call, whichever piece of it was its last, must not hold up the others.</summary>
public sealed class FrozenProcessTests : IAsyncLifetime
{
    /// <summary>Far below the 5 s after which a session is ended that has a transaction open and does nothing.</summary>
    static readonly TimeSpan atOnce = TimeSpan.FromSeconds(2.5);

    TestDatabase database = null!;
    NpgsqlDataSource source = null!;
    PostgresJobStore jobs = null!;
    PostgresQueueStore queues = null!;

    public static TheoryData<int> Pieces => [.. Enumerable.Range(0, 6)];

    public async Task InitializeAsync()
    {
        database = await (await PostgresServer.Shared()).CreateDatabase();
        source = JobsDatabase.HotSource(database.Url, "going on");
        jobs = PostgresStores.Open(database.Url, source);
        queues = new(source, TimeProvider.System);
        await jobs.Migrate(default);
        foreach (var name in (string[])["narrow", "free"])
        {
            await jobs.AddQueue(name, default);
        }
        await queues.Change("narrow", new() { MaxConcurrency = new(100_000), Rate = new(new RateLimit(1_000_000, 1)) }, default);
    }

    public async Task DisposeAsync()
    {
        source.Dispose();
        await database.DisposeAsync();
    }

    [Theory, MemberData(nameof(Pieces))]
    public async Task Claim_InALimitedQueue_NeitherThatQueueNorAnotherWaits(int pieces)
    {
        await using var frozen = await Frozen(
            pieces,
            // Long enough for several pieces
            async other =>
            {
                await Insert("narrow", 200);
                await PostgresStores.Open(database.Url, other).Claim(Claim("narrow", 200), default);
            });

        await Insert("narrow", 1);
        await Insert("free", 1);
        Assert.Single((await InTime(jobs.Claim(Claim("narrow", 1), default))).Jobs);
        Assert.Single((await InTime(jobs.Claim(Claim("free", 1), default))).Jobs);
    }

    [Theory, MemberData(nameof(Pieces))]
    public async Task Change_OfAQueue_ClaimsGoOn(int pieces)
    {
        await using var frozen = await Frozen(
            pieces,
            async other => await new PostgresQueueStore(other, TimeProvider.System).Change("narrow", new() { MaxConcurrency = new(90_000) }, default));

        await Insert("narrow", 1);
        Assert.Single((await InTime(jobs.Claim(Claim("narrow", 1), default))).Jobs);
        Assert.True(await InTime(queues.Change("narrow", new() { IsPaused = true }, default)));
    }

    [Theory, MemberData(nameof(Pieces))]
    public async Task Append_OfAuditEntries_OthersAreWritten(int pieces)
    {
        await using var frozen = await Frozen(pieces, other => new PostgresAuditStore(other).Append([Entry()], default));

        var appended = await InTime(new PostgresAuditStore(source).Append([Entry()], default));

        Assert.Equal(appended.Before.Id + 1, appended.After.Id);
    }

    [Theory, MemberData(nameof(Pieces))]
    public async Task Fold_OfTheHistory_GoesOnElsewhereAfterSeconds(int pieces)
    {
        await Insert("free", 1);
        await using var frozen = await Frozen(pieces, async other =>
        {
            await Insert("free", 1);
            await new PostgresRollupStore(other, TimeProvider.System).Fold(1000, default);
        });

        await Eventually.Holds(async () =>
        {
            await new PostgresRollupStore(source, TimeProvider.System).Fold(1000, default);
            return await Number("select count(*) from rollup_inbox") == 0;
        }, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Transaction_ThatStandsStill_IsEndedByTheServer()
    {
        await using var still = await source.OpenConnectionAsync();
        await using var transaction = await still.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select from queues where name = 'narrow' for update", still, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        await Insert("narrow", 1);
        // The first may meet the time limit of its lock, and is made again by its caller
        await Eventually.Holds(async () =>
        {
            try
            {
                return (await jobs.Claim(Claim("narrow", 1), default)).Jobs.Count == 1;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(20));
    }

    /// <summary>Does the call once in full, so that its statements are prepared, and then freezes the process in the middle of it.</summary>
    async Task<IAsyncDisposable> Frozen(int pieces, Func<NpgsqlDataSource, Task> call)
    {
        var url = new UriBuilder(database.Url);
        var proxy = new FreezingProxy(url.Host, url.Port);
        url.Port = proxy.Port;
        var other = JobsDatabase.HotSource(url.Uri.ToString(), "frozen");
        for (var time = 1; time <= 3; time++)
        {
            await call(other);
        }
        proxy.FreezeAfter(pieces);
        var called = call(other);
        await Task.WhenAny(called, proxy.Frozen);
        return proxy;
    }

    static async Task<T> InTime<T>(Task<T> call)
    {
        var began = Stopwatch.GetTimestamp();
        var result = await call;
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, atOnce);
        return result;
    }

    static JobClaim Claim(string queue, int count) => new()
    {
        Levels = [.. WaitingLevel.AllOf(new(queue, "echo", null)).Select(x => (x, DateTimeOffset.UnixEpoch))],
        Queues = [queue],
        LimitedQueue = queue == "narrow" ? queue : null,
        Workers = [.. Enumerable.Repeat("w1", count)],
        Now = TimeProvider.System.GetUtcNow(),
        LeaseUntil = TimeProvider.System.GetUtcNow().AddMinutes(10),
    };

    async Task Insert(string queue, int count)
    {
        JobState[] waiting = [.. Enumerable.Range(0, count).Select(_ => NewJob(queue))];
        Assert.Null((await jobs.Insert([new(waiting)], default))[0].Conflict);
    }

    static JobState NewJob(string queue)
    {
        var now = TimeProvider.System.GetUtcNow();
        var job = new JobState
        {
            CorrelationId = Guid.CreateVersion7(),
            Version = 1,
            TaskName = "echo",
            QueueName = queue,
            Owner = "ann",
            CreatedAt = now,
            ReadyAt = now,
            UpdatedAt = now,
            TimeoutSeconds = 300,
        };
        job.NewSteps.Add(job.ToEvent("created", now));
        return job;
    }

    async Task<long> Number(string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    static AuditEntry Entry() => new()
    {
        Key = Guid.CreateVersion7(),
        At = TimeProvider.System.GetUtcNow(),
        Actor = "ann",
        Credential = "key",
        Surface = "api",
        Action = "job.cancel",
        Outcome = "done",
    };
}
