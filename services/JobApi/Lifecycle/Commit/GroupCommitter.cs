using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Lifecycle.Commit;

/// <summary>
/// Saga messages that are handled concurrently share one load and one write. A message continues only after the commit that contains its
/// row.
/// </summary>
public sealed class GroupCommitter : IAsyncDisposable
{
    static readonly BatchLimits limits = new(512);
    readonly BatchQueue<Guid, JobState?> loads;
    readonly BatchQueue<SagaWrite, bool> writes;
    readonly RecentJobCache recent;

    public GroupCommitter(IJobStore store, RecentJobCache recent)
    {
        this.recent = recent;
        loads = new(limits, parallelFlushes: 2, (ids, ct) => Load(store, ids, ct));
        writes = new(limits, parallelFlushes: 2, (rows, ct) => Once(rows, store.Write, ct), x => 1 + x.Job.FollowUps.Count, x => x.Job.Bytes(), "write");
    }

    /// <summary>Loads the row or takes it from the cache. Timers always load, because other processes may have changed the row's times.</summary>
    public async ValueTask<JobState?> Load(Guid id, bool fresh, CancellationToken cancellationToken) =>
        (fresh ? null : recent.Get(id)) ?? await loads.Enqueue(id, cancellationToken);

    public async Task Write(JobState job, CancellationToken cancellationToken)
    {
        if (!job.Changed)
        {
            if (job.IsFromMemory)
            {
                throw Outdated(job, job.Version);
            }
            return;
        }
        var expected = job.Version;
        job.Version = expected + 1;
        if (!await writes.Enqueue(new(job, expected), cancellationToken))
        {
            throw Outdated(job, expected);
        }
        if (job.CompletedAt is null)
        {
            recent.Add(job);
        }
        else
        {
            recent.Remove(job.CorrelationId);
        }
    }

    VersionConflictException Outdated(JobState job, int expected)
    {
        recent.Remove(job.CorrelationId);
        return new(job.CorrelationId, expected);
    }

    static async Task<IReadOnlyList<JobState?>> Load(IJobStore store, IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var distinct = new HashSet<Guid>(ids);
        var found = await store.Load(distinct, cancellationToken);
        var loaded = new JobState?[ids.Count];
        for (var i = 0; i < ids.Count; i++)
        {
            // Two messages of a batch may load the same job: the first gets the cached object, the others get copies
            loaded[i] = found.TryGetValue(ids[i], out var job) ? distinct.Remove(ids[i]) ? job : job.Clone() : null;
        }
        return loaded;
    }

    /// <summary>A statement must not contain the same id twice. The first decision is written; the others get a version conflict.</summary>
    static async Task<IReadOnlyList<bool>> Once(
        IReadOnlyList<SagaWrite> rows, Func<IReadOnlyList<SagaWrite>, CancellationToken, Task<IReadOnlyList<bool>>> write, CancellationToken cancellationToken)
    {
        var seen = new HashSet<Guid>(rows.Count);
        var first = new List<int>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            if (seen.Add(rows[i].Job.CorrelationId))
            {
                first.Add(i);
            }
        }
        if (first.Count == rows.Count)
        {
            return await write(rows, cancellationToken);
        }
        var written = await write([.. first.Select(i => rows[i])], cancellationToken);
        var results = new bool[rows.Count];
        for (var k = 0; k < first.Count; k++)
        {
            results[first[k]] = written[k];
        }
        return results;
    }

    public async ValueTask DisposeAsync()
    {
        await loads.DisposeAsync();
        await writes.DisposeAsync();
    }
}
