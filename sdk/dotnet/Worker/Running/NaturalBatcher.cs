using System.Threading.Channels;

namespace JobSystem.Worker.Running;

/// <summary>
/// Collects the next batch while the previous one is in flight: large batches under load, and no added latency when idle. Not shared with JobApi's
/// batch queue, because the SDK may reference contracts/ only.
/// </summary>
/// <param name="flush">Must deal with its own failures.</param>
sealed class NaturalBatcher<T>(int maxItems, int parallelFlushes, Func<List<T>, Task> flush)
{
    readonly Channel<T> items = Channel.CreateUnbounded<T>();

    /// <summary>False if the worker has ended.</summary>
    public bool Add(T item) => items.Writer.TryWrite(item);

    /// <summary>Runs until <see cref="Complete"/> was called and everything accepted before it is flushed.</summary>
    public Task Run() => Task.WhenAll(Enumerable.Range(0, parallelFlushes).Select(_ => FlushAll()));

    public void Complete() => items.Writer.TryComplete();

    async Task FlushAll()
    {
        while (await items.Reader.WaitToReadAsync())
        {
            var batch = new List<T>();
            while (batch.Count < maxItems && items.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }
            if (batch.Count > 0)
            {
                await flush(batch);
            }
        }
    }
}
