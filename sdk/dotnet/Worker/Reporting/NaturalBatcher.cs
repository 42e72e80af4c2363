using System.Threading.Channels;

namespace JobSystem.Worker.Reporting;

/// <summary>
/// Collects the next batch while the previous one is in flight: large batches under load, and no added latency when idle.
/// </summary>
/// <param name="maxItems">Maximum number of items in a batch.</param>
/// <param name="parallelFlushes">Maximum number of batches in flight.</param>
/// <param name="flush">Sends one batch; must not throw.</param>
sealed class NaturalBatcher<T>(int maxItems, int parallelFlushes, Func<List<T>, Task> flush)
{
    readonly Channel<T> items = Channel.CreateUnbounded<T>();

    /// <summary>Adds an item. Returns false after <see cref="Complete"/>.</summary>
    public bool Add(T item) => items.Writer.TryWrite(item);

    /// <summary>Runs until <see cref="Complete"/> has been called and all items are flushed.</summary>
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
