using System.Collections.Concurrent;

namespace JobSystem.JobApi.Effects;

/// <summary>The queues that may have parked jobs, and a signal that one of them may have room.</summary>
public sealed class ParkedQueues : IDisposable
{
    readonly ConcurrentDictionary<string, long> marks = new();
    readonly SemaphoreSlim signal = new(0);
    long lastMark;

    /// <summary>The queues, each with the mark of its latest addition.</summary>
    public IEnumerable<KeyValuePair<string, long>> Marked => marks;

    /// <summary>A job of the queue has been parked.</summary>
    public void Add(string queue) => marks[queue] = Interlocked.Increment(ref lastMark);

    /// <summary>A search in the database found parked jobs of the queue.</summary>
    public void AddFound(string queue) => marks.TryAdd(queue, Interlocked.Increment(ref lastMark));

    /// <summary>An attempt of the queue has ended, so there may be room.</summary>
    public void NotifyFreed(string queue)
    {
        if (!marks.IsEmpty && marks.ContainsKey(queue))
        {
            Notify();
        }
    }

    /// <summary>The queue was resumed, or its limits were changed.</summary>
    public void NotifyChanged(string queue)
    {
        Add(queue);
        Notify();
    }

    /// <summary>The queue has no parked jobs, unless one has been added after this mark.</summary>
    public void Remove(string queue, long mark) => marks.TryRemove(new(queue, mark));

    public Task Wait(TimeSpan longest, CancellationToken cancellationToken) => signal.WaitAsync(longest, cancellationToken);

    void Notify()
    {
        if (signal.CurrentCount == 0)
        {
            signal.Release();
        }
    }

    public void Dispose() => signal.Dispose();
}
