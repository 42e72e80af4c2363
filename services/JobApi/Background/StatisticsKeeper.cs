using System.Collections.Concurrent;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;

namespace JobSystem.JobApi.Background;

/// <summary>Statistics of all jobs or of one owner's, cached as described in <see cref="CachedCount{T}"/>.</summary>
public sealed class StatisticsKeeper(JobQueries queries, DatabaseClock clock, TimeProvider time) : IDisposable
{
    const int MostOwners = 1000;
    readonly ConcurrentDictionary<string, CachedCount<JobStatistics>> counts = new(StringComparer.Ordinal);

    /// <param name="owner">Null for everybody's jobs.</param>
    public Task<JobStatistics> Read(string? owner, CancellationToken cancellationToken)
    {
        if (counts.Count > MostOwners)
        {
            counts.Clear();
        }
        // The empty name stands for all owners
        return counts.GetOrAdd(owner ?? "", _ => new(ct => Count(owner, ct), x => x.Groups.Sum(group => group.Count), time)).Read(cancellationToken);
    }

    Task<JobStatistics> Count(string? owner, CancellationToken cancellationToken) =>
        queries.Run((context, ct) => JobStatistics.Read(context, owner, clock.UtcNow, ct), cancellationToken);

    public void Dispose()
    {
        foreach (var count in counts.Values)
        {
            count.Dispose();
        }
    }
}
