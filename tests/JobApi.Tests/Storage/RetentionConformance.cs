using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresRetentionTests(PostgresStores database) : RetentionConformance<PostgresStores>(database)
{
    const string Pages = "select heap_blks_read + heap_blks_hit from pg_statio_user_tables where relname = 'jobs'";
    const string Removed = "select n_tup_del from pg_stat_user_tables where relname = 'jobs'";

    /// <summary>Otherwise a session reports what it did a second later or more.</summary>
    const string Report = "select pg_stat_force_next_flush()";

    /// <summary>By the pages that PostgreSQL counts, of which there are more than 5,000.</summary>
    [Fact]
    public async Task Purge_ManyToKeep_ReadsNoMoreThanItRemoves()
    {
        await Fill(JobStatus.Failed, "'failed'", 20_000);
        await Fill(JobStatus.Completed, "null", 200);
        await Database.Execute("vacuum analyze jobs");
        await Database.Execute(Report);
        var removed = await Database.Number(Removed);
        var pages = await Database.Number(Pages);

        Assert.Equal(100, (await Store.Purge(JobStatus.Completed, DateTimeOffset.UnixEpoch, Moment.AddDays(-30), 100, default)).Count);

        await Eventually.Holds(async () =>
        {
            await Database.Execute(Report);
            return await Database.Number(Removed) >= removed + 100;
        }, TimeSpan.FromSeconds(30));
        Assert.InRange(await Database.Number(Pages) - pages, 1, 2_000);
    }

    /// <summary>Each row on a page of its own, almost, and all of them old.</summary>
    Task Fill(string state, string outcome, int count) => Database.Execute($"""
        insert into jobs (id, version, state, outcome, task_name, queue_name, priority, owner, kwargs, created_at, updated_at, completed_at, max_retries, retry_delay,
            timeout_seconds, attempt, retry_count, lost_count, lost_attempt, progress)
        select gen_random_uuid(), 1, '{state}', {outcome}, 'echo', 'default', 2, 'ann', repeat('x', 1500), at, at, at, 3, 60, 300, 0, 0, 0, 0, 0
        from (select now() - interval '100 days' + n * interval '1 second' as at from generate_series(1, {count}) n) as moments
        """);
}

public sealed class SqliteRetentionTests(SqliteStores database) : RetentionConformance<SqliteStores>(database);

public abstract class RetentionConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task Purge_FinalsOlderThanTheirLimit_AreRemovedWithTheirLogs()
    {
        var gone = new List<Guid>();
        var kept = new List<Guid>();
        foreach (var status in (string[])[JobStatus.Completed, JobStatus.Cancelled, JobStatus.Failed, JobStatus.Timeout, JobStatus.Expired])
        {
            var (limit, created) = (status is JobStatus.Completed or JobStatus.Cancelled ? 30 : 180, Moment.AddDays(-400));
            gone.Add(await Final(status, created, Moment.AddDays(-limit - 1)));
            kept.Add(await Final(status, created, Moment.AddDays(-limit + 1)));
        }
        kept.Add((await Insert(x => x.CreatedAt = Moment.AddDays(-400))).CorrelationId);

        Assert.Equal(5, await PurgeAll(100));

        Assert.Equal(kept.ToHashSet(), (await Store.Load([.. gone, .. kept], default)).Keys.ToHashSet());
        Assert.Equal(5, await Database.Number("select count(*) from job_logs"));
        Assert.Equal(0, await PurgeAll(100));
    }

    [Fact]
    public async Task Purge_MoreThanTheLimit_TakesTheOldestFirst()
    {
        var ids = new List<Guid>();
        for (var n = 0; n < 5; n++)
        {
            // The youngest ended first
            ids.Add(await Final(JobStatus.Completed, Moment.AddDays(-100 - n), Moment.AddDays(-50 + n)));
        }

        Assert.Equal(new Purged(2, Moment.AddDays(-49)), await Store.Purge(JobStatus.Completed, DateTimeOffset.UnixEpoch, Moment.AddDays(-30), 2, default));

        Assert.Equal(ids.Skip(2).ToHashSet(), (await Store.Load(ids, default)).Keys.ToHashSet());
    }

    [Fact]
    public async Task Purge_OfAState_TakesThoseThatEndedBetween_EarliestFirst()
    {
        var old = await Final(JobStatus.Completed, Moment.AddDays(-100), Moment.AddDays(-50));
        var older = await Final(JobStatus.Completed, Moment.AddDays(-100), Moment.AddDays(-60));
        var failed = await Final(JobStatus.Failed, Moment.AddDays(-100), Moment.AddDays(-55));
        var young = await Final(JobStatus.Completed, Moment.AddDays(-100), Moment.AddDays(-10));

        var first = await Store.Purge(JobStatus.Completed, DateTimeOffset.UnixEpoch, Moment.AddDays(-30), 1, default);
        Assert.Equal(new Purged(1, Moment.AddDays(-60)), first);
        Assert.Equal(0, (await Store.Purge(JobStatus.Completed, Moment.AddDays(-40), Moment.AddDays(-30), 10, default)).Count);
        Assert.Equal(new Purged(1, Moment.AddDays(-50)), await Store.Purge(JobStatus.Completed, first.LastEnd, Moment.AddDays(-30), 10, default));

        Assert.Equal(new HashSet<Guid> { failed, young }, (await Store.Load([old, older, failed, young], default)).Keys.ToHashSet());
        Assert.Equal(2, await Database.Number("select count(*) from job_logs"));
    }

    [Fact]
    public async Task Follow_OnlyWhatIsAtAnotherVersionOrGone()
    {
        var (same, changed, gone) = (await Insert(), await Insert(), Guid.CreateVersion7());
        await Reserve(changed.CorrelationId);

        var found = await Store.Follow([(same.CorrelationId, 1), (changed.CorrelationId, 1), (gone, 1)], default);

        var news = Assert.Single(found, x => x.Id == changed.CorrelationId);
        Assert.Equal((2, JobStatus.Reserved), (news.Version, news.State));
        Assert.StartsWith("{\"event\":\"created\"", news.History, StringComparison.Ordinal);
        Assert.Null(Assert.Single(found, x => x.Id == gone).State);
        Assert.Equal(2, found.Count);
        Assert.Empty(await Store.Follow([(changed.CorrelationId, 2)], default));
    }

    [Fact]
    public async Task Delete_FinalJob_IsGoneWithItsLogs()
    {
        var id = await Final(JobStatus.Failed, Moment, Moment);

        Assert.Equal([id], await Store.Delete([id, Guid.CreateVersion7()], default));
        Assert.Null(await Store.Find(id, default));
        Assert.Equal(0, await Database.Number("select count(*) from job_logs"));
        Assert.Empty(await Store.Delete([id], default));
    }

    [Fact]
    public async Task Delete_JobThatIsNotFinal_Stays()
    {
        var job = await Insert();

        Assert.Empty(await Store.Delete([job.CorrelationId], default));
        Assert.NotNull(await Store.Find(job.CorrelationId, default));
    }

    [Fact]
    public async Task Find_UnknownJob_IsNull() => Assert.Null(await Store.Find(Guid.CreateVersion7(), default));

    [Fact]
    public async Task WhichAreFinal_FinalOnesOnly()
    {
        var (waiting, held, final) = (await Insert(), await Insert(), await Insert());
        await Reserve(held.CorrelationId);
        await Finish(final.CorrelationId, JobStatus.Cancelled);

        var found = await Store.WhichAreFinal([waiting.CorrelationId, held.CorrelationId, final.CorrelationId, Guid.CreateVersion7()], default);

        Assert.Equal([final.CorrelationId], found);
    }

    async Task<int> PurgeAll(int limit)
    {
        var count = 0;
        foreach (var status in JobStatus.Final)
        {
            var days = status is JobStatus.Completed or JobStatus.Cancelled ? 30 : 180;
            count += (await Store.Purge(status, DateTimeOffset.UnixEpoch, Moment.AddDays(-days), limit, default)).Count;
        }
        return count;
    }

    async Task<Guid> Final(string status, DateTimeOffset created, DateTimeOffset ended)
    {
        var job = await Insert(x => x.CreatedAt = created);
        await Change(job.CorrelationId, x =>
        {
            Finish(x, status, ended);
            x.NewLogs.Add(new(x.CorrelationId, 1, ended, "info", "the end"));
        });
        return job.CorrelationId;
    }
}
