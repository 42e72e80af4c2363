using System.Threading.Channels;
using JobSystem.JobApi.Metrics;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// Turns many concurrent awaits into few calls of one batch function. While a flush is in flight the next batch gathers,
/// so there is no timer and no added latency when idle.
/// </summary>
public sealed class BatchQueue<TItem, TResult> : IAsyncDisposable
{
    readonly Channel<Entry> channel = Channel.CreateUnbounded<Entry>();
    readonly Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> flush;
    readonly Func<TItem, int> weigh;
    readonly int maxWeight;
    readonly string? name;
    readonly Task[] loops;

    /// <param name="maxWeight">A batch ends when its weight reaches this; a single heavier item goes alone.</param>
    /// <param name="parallelFlushes">Flushes that may be in flight at once.</param>
    /// <param name="flush">Results in the order of the items.</param>
    /// <param name="weigh">Default: each item weighs 1.</param>
    /// <param name="name">What its flushes are counted as: each is a commit. Without it they are not.</param>
    public BatchQueue(int maxWeight, int parallelFlushes,
        Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> flush, Func<TItem, int>? weigh = null, string? name = null)
    {
        this.maxWeight = maxWeight;
        this.flush = flush;
        this.weigh = weigh ?? (_ => 1);
        this.name = name;
        loops = [.. Enumerable.Range(0, parallelFlushes).Select(_ => Task.Run(Run))];
    }

    /// <summary>Waits until the batch that carries the item has been flushed. A cancelled caller only stops waiting.</summary>
    public Task<TResult> Enqueue(TItem item, CancellationToken cancellationToken)
    {
        // Continuations must never run inside the flush loop
        var entry = new Entry(item, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!channel.Writer.TryWrite(entry))
        {
            throw new OperationCanceledException("the service is stopping");
        }
        return cancellationToken.CanBeCanceled ? entry.Completion.Task.WaitAsync(cancellationToken) : entry.Completion.Task;
    }

    async Task Run()
    {
        var batch = new List<Entry>();
        while (await channel.Reader.WaitToReadAsync())
        {
            batch.Clear();
            for (var weight = 0; weight < maxWeight && channel.Reader.TryRead(out var entry); weight += weigh(entry.Item))
            {
                batch.Add(entry);
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
                JobMetrics.Committed(name, batch.Sum(x => weigh(x.Item)));
            }
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Completion.TrySetResult(results[i]);
            }
        }
        catch (Exception exception) when (batch.Count > 1 && IsPoison(exception))
        {
            // One row that the database refuses must not fail its neighbours: bisect until it stands alone
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

    /// <summary>Data errors are the row's own fault; everything else (connection, time-out, deadlock) is nobody's.</summary>
    static bool IsPoison(Exception exception) =>
        exception is System.Data.Common.DbException { IsTransient: false };

    /// <summary>Flushes what was accepted, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        channel.Writer.TryComplete();
        await Task.WhenAll(loops);
    }

    readonly record struct Entry(TItem Item, TaskCompletionSource<TResult> Completion);
}
