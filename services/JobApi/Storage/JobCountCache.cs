using System.Collections.Concurrent;
using System.Text.Json;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// How many jobs fit a filter. A count that is done quickly is made each time and exact. One that takes long (over 250 ms, or over 10 ms
/// and more than 10,000 jobs) is kept for twenty times as long as it took, at most a minute; after that the next caller still gets
/// it, and a new one is made behind its back. So only the first caller waits, and a filter costs at most 5 % of a connection.
/// </summary>
sealed class JobCountCache(TimeProvider time)
{
    const int MaxFilters = 1000;
    static readonly TimeSpan patience = TimeSpan.FromSeconds(2);
    readonly ConcurrentDictionary<string, FilterCount> filters = new();

    /// <summary>0 if the first count exceeds the timeout; it continues for later callers.</summary>
    public async Task<long> Get(JobFilter filter, Func<Task<long>> count, CancellationToken cancellationToken)
    {
        if (filters.Count > MaxFilters)
        {
            filters.Clear();
        }

        var counted = filters.GetOrAdd(JsonSerializer.Serialize(filter), _ => new(count, time));
        if (counted.Kept is { } kept)
        {
            return kept;
        }

        try
        {
            return await counted.Next().WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return 0;
        }
    }

    sealed class FilterCount(Func<Task<long>> count, TimeProvider time)
    {
        static readonly TimeSpan longestKept = TimeSpan.FromMinutes(1);
        readonly Lock turn = new();
        Task<long>? running;
        Task<long>? next;
        (long Count, long At, TimeSpan For)? kept;

        /// <summary>The last expensive count. When it has expired, it is returned once more and refreshed.</summary>
        public long? Kept
        {
            get
            {
                lock (turn)
                {
                    if (kept is not { } last)
                    {
                        return null;
                    }

                    if (running is null && time.GetElapsedTime(last.At) > last.For)
                    {
                        running = Run(null);
                    }

                    return last.Count;
                }
            }
        }

        /// <summary>A count that starts after this call. Concurrent callers share one count.</summary>
        public Task<long> Next()
        {
            lock (turn)
            {
                return running is null ? running = Run(null) : next ??= Run(running);
            }
        }

        async Task<long> Run(Task<long>? before)
        {
            await Task.Yield();
            if (before is not null)
            {
                await before.ContinueWith(_ => { }, TaskScheduler.Default);
                lock (turn)
                {
                    (running, next) = (next, null);
                }
            }

            var began = time.GetTimestamp();
            try
            {
                var result = await count();
                Store(result, time.GetElapsedTime(began));
                return result;
            }
            finally
            {
                lock (turn)
                {
                    running = next is null ? null : running;
                }
            }
        }

        void Store(long result, TimeSpan took)
        {
            var expensive = took.TotalMilliseconds > (result > 10_000 ? 10 : 250);
            var keep = took * 20 < longestKept ? took * 20 : longestKept;
            lock (turn)
            {
                kept = expensive ? (result, time.GetTimestamp(), keep) : null;
            }
        }
    }
}
