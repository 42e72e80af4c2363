using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Caches which queues are paused or limited. It is refreshed on use when older than <see cref="Freshness"/>, so an idle system reads nothing.
/// The statement of a claim finds out for itself whether a queue is open, so outdated settings cost a claim in vain.
/// </summary>
public sealed class QueueLimitCache(IQueueStore store, TimeProvider time) : IDisposable
{
    static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(100);

    readonly SemaphoreSlim turn = new(1, 1);
    volatile Known known = new(QueueControls.None, null);

    public ValueTask<QueueControls> Current(CancellationToken cancellationToken) =>
        known is { ReadAt: { } at } current && time.GetElapsedTime(at) < Freshness ? new(current.Controls) : new(Read(time.GetTimestamp(), cancellationToken));

    /// <summary>Reloads the settings after this process has changed a queue.</summary>
    public Task<QueueControls> Refresh(CancellationToken cancellationToken) => Read(time.GetTimestamp(), cancellationToken);

    async Task<QueueControls> Read(long called, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (known.ReadAt is not { } at || at <= called)
            {
                var began = time.GetTimestamp();
                known = new(new(await store.Controls(cancellationToken)), began);
            }
            return known.Controls;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    sealed record Known(QueueControls Controls, long? ReadAt);
}
