using System.Threading.Channels;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Lifecycle.Commit;

/// <summary>
/// Combines concurrent calls into batches. While a flush is in flight, the next batch is collected, so no timer is needed and an idle queue
/// adds no latency. The number and size of waiting items are limited, and items whose callers have cancelled are skipped.
/// </summary>
public sealed class BatchQueue<TItem, TResult> : IAsyncDisposable
{
    readonly Channel<Entry> channel = Channel.CreateUnbounded<Entry>();
    readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> flush;
    readonly Func<TItem, int> weigh;
    readonly Func<TItem, long> measure;
    readonly BatchLimits limits;
    readonly string? name;
    readonly Task[] loops;
    long waitingWeight;
    long waitingBytes;

    /// <param name="limits">Limits of one flush, and of all waiting items.</param>
    /// <param name="parallelFlushes">Flushes that may be in flight at once.</param>
    /// <param name="flush">Processes a batch and returns the results in the order of the items.</param>
    /// <param name="weigh">The weight of an item. Default: 1.</param>
    /// <param name="measure">The approximate size of an item in memory, in bytes. Default: 0.</param>
    /// <param name="name">The kind of commit under which flushes are counted. Default: null, not counted.</param>
    public BatchQueue(BatchLimits limits, int parallelFlushes, Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> flush,
        Func<TItem, int>? weigh = null, Func<TItem, long>? measure = null, string? name = null)
    {
        this.limits = limits;
        this.flush = flush;
        this.weigh = weigh ?? (_ => 1);
        this.measure = measure ?? (_ => 0);
        this.name = name;
        loops = [.. Enumerable.Range(0, parallelFlushes).Select(_ => Task.Run(Run))];
    }

    /// <summary>
    /// Waits until the item's batch has been flushed. If the caller cancels before the flush starts, the item is skipped; after that the flush
    /// is awaited, because it can no longer be undone.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The queue is full.</exception>
    public async Task<TResult> Enqueue(TItem item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entry = new Entry(item, weigh(item), measure(item));
        Admit(entry);
        if (!channel.Writer.TryWrite(entry))
        {
            Leave(entry);
            throw new OperationCanceledException("the service is stopping");
        }
        await using var registration = cancellationToken.UnsafeRegister((state, token) => Abandon((Entry)state!, token), entry);
        return await entry.Completion.Task;
    }

    /// <summary>A single item is always accepted, regardless of its size.</summary>
    void Admit(Entry entry)
    {
        var weight = Interlocked.Add(ref waitingWeight, entry.Weight);
        var bytes = Interlocked.Add(ref waitingBytes, entry.Bytes);
        if (weight > entry.Weight && (weight > limits.WaitingWeight || bytes > limits.WaitingBytes))
        {
            Leave(entry);
            throw new StoreUnavailableException("More waits for the database than it writes in time.", new TimeoutException("too much is waiting for the database"));
        }
    }

    void Leave(Entry entry)
    {
        Interlocked.Add(ref waitingWeight, -entry.Weight);
        Interlocked.Add(ref waitingBytes, -entry.Bytes);
    }

    void Abandon(Entry entry, CancellationToken cancellationToken)
    {
        if (entry.TryLeave())
        {
            Leave(entry);
            entry.Item = default!;
            entry.Completion.TrySetCanceled(cancellationToken);
        }
    }

    async Task Run()
    {
        var batch = new List<Entry>();
        while (await channel.Reader.WaitToReadAsync())
        {
            batch.Clear();
            var (weight, bytes) = (0, 0L);
            while (weight < limits.Weight && bytes < limits.Bytes && channel.Reader.TryRead(out var entry))
            {
                if (entry.TryLeave())
                {
                    Leave(entry);
                    batch.Add(entry);
                    (weight, bytes) = (weight + entry.Weight, bytes + entry.Bytes);
                }
            }
            if (batch.Count > 0)
            {
                await Flush(batch);
            }
        }
    }

    async Task Flush(IReadOnlyList<Entry> batch)
    {
        try
        {
            var results = await flush([.. batch.Select(x => x.Item)], CancellationToken.None);
            if (name is not null)
            {
                JobMetrics.Committed(name, batch.Sum(x => x.Weight));
            }
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Completion.TrySetResult(results[i]);
            }
        }
        catch (Exception exception) when (batch.Count > 1 && IsPoison(exception))
        {
            // The database refused a row of the batch: bisect until only that row fails
            await Flush([.. batch.Take(batch.Count / 2)]);
            await Flush([.. batch.Skip(batch.Count / 2)]);
        }
        catch (Exception exception)
        {
            foreach (var entry in batch)
            {
                entry.Completion.TrySetException(exception);
            }
        }
    }

    /// <summary>True if the failure was caused by a row, as opposed to a connection failure, timeout or deadlock.</summary>
    static bool IsPoison(Exception exception) =>
        exception is not (Storage.StoreUnavailableException or TimeoutException or OperationCanceledException or System.Data.Common.DbException { IsTransient: true });

    /// <summary>Flushes all accepted items, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        channel.Writer.TryComplete();
        await Task.WhenAll(loops);
    }

    sealed class Entry(TItem item, int weight, long bytes)
    {
        int left;

        public TItem Item { get; set; } = item;
        public int Weight { get; } = weight;
        public long Bytes { get; } = bytes;

        /// <summary>Continuations must never run inside the flush loop.</summary>
        public TaskCompletionSource<TResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>True for the first caller: either the flush that takes the item, or the submitter that cancels it.</summary>
        public bool TryLeave() => Interlocked.Exchange(ref left, 1) == 0;
    }
}
