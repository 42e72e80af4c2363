using System.Collections.Concurrent;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Jobs;

/// <summary>
/// Statistics as they are now, or were a moment ago. Counting few jobs, or counting quickly, is done for each call. Otherwise the first caller waits, and as long as somebody asks it is done again behind their backs, for at most a tenth of the time.
/// </summary>
public sealed class StatisticsKeeper(JobQueries queries, StoreClock clock, TimeProvider time) : IDisposable
{
    const int MostOwners = 1000;
    const int Few = 10_000;
    static readonly TimeSpan quick = TimeSpan.FromMilliseconds(10);
    readonly ConcurrentDictionary<string, Snapshot> snapshots = new(StringComparer.Ordinal);

    /// <param name="owner">Null for everybody's jobs.</param>
    public Task<JobStatistics> Read(string? owner, CancellationToken cancellationToken)
    {
        if (snapshots.Count > MostOwners)
        {
            snapshots.Clear();
        }
        // Owners have names, so that the empty one is free for all of them
        return snapshots.GetOrAdd(owner ?? "", _ => new(ct => Count(owner, ct), time)).Read(cancellationToken);
    }

    Task<JobStatistics> Count(string? owner, CancellationToken cancellationToken) =>
        queries.Run((context, ct) => JobStatistics.Read(context, owner, clock.UtcNow, ct), cancellationToken);

    public void Dispose()
    {
        foreach (var snapshot in snapshots.Values)
        {
            snapshot.Dispose();
        }
    }

    sealed class Snapshot(Func<CancellationToken, Task<JobStatistics>> count, TimeProvider time) : IDisposable
    {
        const int Share = 9;
        static readonly TimeSpan shortest = TimeSpan.FromSeconds(1);
        static readonly TimeSpan somebodyAsks = TimeSpan.FromMinutes(1);
        readonly SemaphoreSlim turn = new(1, 1);
        volatile Counted? last;
        long askedAt;
        int refreshing;

        public Task<JobStatistics> Read(CancellationToken cancellationToken)
        {
            Interlocked.Exchange(ref askedAt, time.GetTimestamp());
            if (last is not { IsExpensive: true } known)
            {
                return Fresh(cancellationToken);
            }
            if (Interlocked.Exchange(ref refreshing, 1) == 0)
            {
                _ = Refresh();
            }
            return time.GetElapsedTime(known.BeganAt) < known.Pause + known.Took + known.Took + shortest ? Task.FromResult(known.Statistics) : Fresh(cancellationToken);
        }

        /// <summary>Begun after this call; callers that wait for each other share one.</summary>
        async Task<JobStatistics> Fresh(CancellationToken cancellationToken)
        {
            var called = time.GetTimestamp();
            await turn.WaitAsync(cancellationToken);
            try
            {
                if (last is { } known && known.BeganAt >= called)
                {
                    return known.Statistics;
                }
                var began = time.GetTimestamp();
                var statistics = await count(cancellationToken);
                last = new(statistics, began, time.GetElapsedTime(began));
                return statistics;
            }
            finally
            {
                turn.Release();
            }
        }

        async Task Refresh()
        {
            try
            {
                while (last is { IsExpensive: true } known && time.GetElapsedTime(Interlocked.Read(ref askedAt)) < somebodyAsks)
                {
                    var wait = known.Pause - time.GetElapsedTime(known.BeganAt);
                    if (wait > TimeSpan.Zero)
                    {
                        await Task.Delay(wait, time);
                    }
                    await Fresh(CancellationToken.None);
                }
            }
            catch (Exception exception) when (exception is StoreUnavailableException or ObjectDisposedException)
            {
                // The next caller hears of it
            }
            finally
            {
                Interlocked.Exchange(ref refreshing, 0);
            }
        }

        public void Dispose() => turn.Dispose();

        sealed record Counted(JobStatistics Statistics, long BeganAt, TimeSpan Took)
        {
            public bool IsExpensive => Took > quick && Statistics.Groups.Sum(x => x.Count) > Few;

            public TimeSpan Pause => Took * Share > shortest ? Took * Share : shortest;
        }
    }
}
