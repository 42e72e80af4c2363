using System.Collections.Concurrent;
using System.Threading.Channels;

namespace JobSystem.JobApi.Effects;

/// <summary>Broadcasts and their children that have work to do, each at most once. What does not fit is found again by the row's timer.</summary>
public sealed class BroadcastQueue
{
    const int MaxQueued = 100_000;
    readonly Channel<Guid> queue = Channel.CreateBounded<Guid>(MaxQueued);
    readonly ConcurrentDictionary<Guid, bool> queued = new();

    public void Enqueue(Guid jobId)
    {
        if (queued.TryAdd(jobId, true) && !queue.Writer.TryWrite(jobId))
        {
            queued.TryRemove(jobId, out _);
        }
    }

    public bool TryDequeue(out Guid jobId)
    {
        if (!queue.Reader.TryRead(out jobId))
        {
            return false;
        }
        queued.TryRemove(jobId, out _);
        return true;
    }

    public ValueTask<bool> WaitToDequeue(CancellationToken cancellationToken) => queue.Reader.WaitToReadAsync(cancellationToken);
}
