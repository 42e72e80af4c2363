using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresFollowUpTests(PostgresStores database) : FollowUpConformance<PostgresStores>(database);

public sealed class SqliteFollowUpTests(SqliteStores database) : FollowUpConformance<SqliteStores>(database);

/// <summary>Jobs that are inserted together with a decision: with it or not at all, and once.</summary>
public abstract class FollowUpConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task Write_FollowUps_AreInsertedWithTheRowAsBySubmission()
    {
        var parent = await Insert(x => x.Key = "parent-1");
        var followUp = Following(parent, x =>
        {
            (x.Args, x.Kwargs, x.Tags, x.Title) = ("[1]", """{"a":"ü"}""", ["t1", "t 2"], "a title");
            (x.ScheduledAt, x.NotBefore, x.ReadyAt, x.DueAt) = (Moment.AddHours(1), Moment.AddHours(1), Moment.AddHours(1), Moment.AddHours(1));
            (x.IdempotencyKey, x.RequestHash, x.Traceparent) = ("key-1", [1, 2, 3], "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        });
        var plain = Following(parent);
        var submitted = NewJob();
        followUp.CopySpecTo(submitted);
        (submitted.NotBefore, submitted.ReadyAt, submitted.DueAt) = (followUp.NotBefore, followUp.ReadyAt, followUp.DueAt);
        await Insert(submitted);
        var before = await Lines();

        var written = await Complete(parent, followUp, plain);

        Assert.Equal([followUp, plain], written.FollowUps);
        Assert.Equal(JobStatus.Completed, (await Find(parent.CorrelationId)).CurrentState);
        var (found, likeIt) = (await Find(followUp.CorrelationId), await Find(submitted.CorrelationId));
        Assert.Equal(
            (parent.CorrelationId, "parent-1", "key-1", followUp.Traceparent, "ann", 1, JobStatus.Pending),
            (found.ParentId, found.ParentKey, found.IdempotencyKey, found.Traceparent, found.Owner, found.Version, found.CurrentState));
        Assert.Equal(likeIt.History!.Replace(submitted.JobId, found.JobId, StringComparison.Ordinal), found.History);
        // Only what is said above is different
        (likeIt.CorrelationId, likeIt.ParentId, likeIt.ParentKey, likeIt.IdempotencyKey, likeIt.RequestHash, likeIt.Traceparent, likeIt.History) =
            (found.CorrelationId, found.ParentId, found.ParentKey, found.IdempotencyKey, found.RequestHash, found.Traceparent, found.History);
        Assert.Equivalent(likeIt, found);
        Assert.Equal([1, 2, 3], found.RequestHash);
        Assert.Equal(before + 2, await Lines());
    }

    [Fact]
    public async Task Write_OldVersion_InsertsNone()
    {
        var parent = await Insert();
        var old = (await Store.Load([parent.CorrelationId], default))[parent.CorrelationId];
        await Reserve(parent.CorrelationId);
        var before = await Lines();
        Finish(old, JobStatus.Completed);
        var followUp = Following(parent);
        old.FollowUps = [followUp];

        Assert.Equal([false], await Store.Write([new(old, old.Version)], default));

        Assert.Null(await Store.Find(followUp.CorrelationId, default));
        Assert.Equal(before, await Lines());
    }

    [Fact]
    public async Task Write_SomeRowsOfABatchAreOld_InsertsThoseOfTheOthers()
    {
        var parents = new List<JobState>();
        for (var n = 0; n < 4; n++)
        {
            parents.Add(await Insert());
        }
        var loaded = await Store.Load([.. parents.Select(x => x.CorrelationId)], default);
        await Reserve(parents[1].CorrelationId);
        var followUps = parents.ConvertAll(x => Following(x));
        foreach (var (parent, n) in parents.Select((x, n) => (loaded[x.CorrelationId], n)))
        {
            Finish(parent, JobStatus.Completed);
            parent.NewLogs.Add(new(parent.CorrelationId, 1, Moment, "warning", $"line {n}"));
            // The last has none
            parent.FollowUps = n < 3 ? [followUps[n]] : [];
        }

        var written = await Store.Write([.. parents.Select(x => new SagaWrite(loaded[x.CorrelationId], 1))], default);

        Assert.Equal([true, false, true, true], written);
        var there = await Store.Load([.. followUps.Select(x => x.CorrelationId)], default);
        Assert.Equal(new[] { followUps[0].CorrelationId, followUps[2].CorrelationId }.Order(), there.Keys.Order());
        var lines = await Task.WhenAll(parents.Select(x => Store.ReadLogs(x.CorrelationId, null, 0, 10, default)));
        Assert.Equal([1, 0, 1, 1], lines.Select(x => x.Count));
    }

    [Fact]
    public async Task Write_FollowUpWhoseIdOrKeyIsTaken_IsLeftOutAlone()
    {
        var (sameId, sameKey, otherOwner) = (await Insert(), await Insert(x => x.IdempotencyKey = "key-1"), await Insert(x => (x.Owner, x.IdempotencyKey) = ("bob", "key-2")));
        var parent = await Insert();
        var before = await Lines();
        var taken = Following(parent, x => (x.CorrelationId, x.Title) = (sameId.CorrelationId, "never"));
        var repeated = Following(parent, x => x.IdempotencyKey = "key-1");
        var (own, plain) = (Following(parent, x => x.IdempotencyKey = "key-2"), Following(parent));

        var written = await Complete(parent, taken, own, repeated, plain);

        Assert.Equal([own, plain], written.FollowUps);
        Assert.Equal(JobStatus.Completed, (await Find(parent.CorrelationId)).CurrentState);
        Assert.Null((await Find(sameId.CorrelationId)).Title);
        Assert.Null(await Store.Find(repeated.CorrelationId, default));
        Assert.Equal(2, (await Store.Load([own.CorrelationId, plain.CorrelationId], default)).Count);
        Assert.Equal((sameKey.CorrelationId, otherOwner.CorrelationId), ((await Find(sameKey.CorrelationId)).CorrelationId, (await Find(otherOwner.CorrelationId)).CorrelationId));
        Assert.Equal(before + 2, await Lines());
    }

    [Fact]
    public async Task Write_FollowUpThatTheTableRefuses_UndoesEverything()
    {
        var (good, bad) = (await Insert(), await Insert());
        var before = await Lines();
        var (wanted, impossible) = (Following(good), Following(bad, x => x.TaskName = null!));
        foreach (var (job, followUp) in ((JobState, JobState)[])[(good, wanted), (bad, impossible)])
        {
            Finish(job, JobStatus.Completed);
            job.FollowUps = [followUp];
        }

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Store.Write([new(good, 1), new(bad, 1)], default));

        Assert.Equal((1, JobStatus.Pending), ((await Find(good.CorrelationId)).Version, (await Find(good.CorrelationId)).CurrentState));
        Assert.Empty(await Store.Load([wanted.CorrelationId, impossible.CorrelationId], default));
        Assert.Equal(before, await Lines());
        // What was rolled back can be written again, with what it had
        Assert.Equal([true], await Store.Write([new(good, 1)], default));
        Assert.Equal([wanted.CorrelationId], (await Store.Load([wanted.CorrelationId], default)).Keys);
    }

    [Fact]
    public async Task Write_OneVersionFromTwoProcessesAtOnce_InsertsOnce()
    {
        var parents = (await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Insert()))).ToList();
        async Task<int> End(IJobStore store, IEnumerable<JobState> order)
        {
            var loaded = await store.Load([.. parents.Select(x => x.CorrelationId)], default);
            var writes = order.Select(x => loaded[x.CorrelationId]).ToList();
            foreach (var job in writes)
            {
                Finish(job, JobStatus.Completed);
                job.FollowUps = [.. Enumerable.Range(0, 3).Select(n => Following(job, x => x.CorrelationId = FollowUpJobs.IdOf(job.CorrelationId, 1, n)))];
            }
            var written = await store.Write([.. writes.Select(x => new SagaWrite(x, 1))], default);
            Assert.All(writes.Zip(written).Where(x => x.Second), x => Assert.Equal(3, x.First.FollowUps.Count));
            return written.Count(x => x);
        }

        var (mine, yours) = (End(Store, parents), End(Other, Enumerable.Reverse(parents)));

        Assert.Equal(parents.Count, await mine + await yours);
        Assert.Equal(parents.Count * 3, await Database.Number("select count(*) from jobs where parent_id is not null"));
    }

    [Fact]
    public async Task Write_OneKeyFromTwoProcessesAtOnce_InsertsOneOfThem()
    {
        var parents = (await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Insert()))).ToList();
        async Task<int> End(IJobStore store, IReadOnlyList<JobState> own, IEnumerable<int> keys)
        {
            var inserted = 0;
            foreach (var (job, key) in own.Zip(keys))
            {
                Finish(job, JobStatus.Completed);
                job.FollowUps = [Following(job, x => x.IdempotencyKey = $"shared-{key}")];
                Assert.Equal([true], await store.Write([new(job, 1)], default));
                inserted += job.FollowUps.Count;
            }
            return inserted;
        }

        var (mine, yours) = (End(Store, parents[..20], Enumerable.Range(0, 20)), End(Other, parents[20..], Enumerable.Range(0, 20)));

        Assert.Equal(20, await mine + await yours);
        Assert.Equal(20, await Database.Number("select count(distinct idempotency_key) from jobs where parent_id is not null"));
        Assert.Equal(20, await Database.Number("select count(*) from jobs where parent_id is not null"));
    }

    /// <summary>How many new jobs are in the inbox of the rollups.</summary>
    Task<long> Lines() => Database.Number("select coalesce(sum(length(lines) - length(replace(lines, 'created', 'create'))), 0) from rollup_inbox");

    async Task<JobState> Complete(JobState parent, params JobState[] followUps) => await Change(parent.CorrelationId, x =>
    {
        Finish(x, JobStatus.Completed);
        x.FollowUps = followUps;
    });

    static JobState Following(JobState parent, Action<JobState>? change = null) => NewJob(x =>
    {
        (x.ParentId, x.ParentKey, x.Owner) = (parent.CorrelationId, parent.Key, parent.Owner);
        change?.Invoke(x);
    });
}
