using System.Collections.Concurrent;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Effects;

/// <summary>
/// Lets callers wait until a job is final. If this process finishes the job, its waiters are woken immediately; jobs that other instances
/// finish are found by one query for all waiters.
/// </summary>
public sealed class JobCompletionWaiter(IJobStore store, TimeProvider time) : SharedPoll(time)
{
    readonly ConcurrentDictionary<Guid, Waiters> waiting = new();

    public void Signal(Guid id)
    {
        if (!waiting.IsEmpty && waiting.TryRemove(id, out var waiters))
        {
            waiters.Ended.TrySetResult();
        }
    }

    /// <summary>True when the job was final within the time.</summary>
    public async Task<bool> WaitFinal(Guid id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var waiters = Join(id);
        try
        {
            if ((await store.WhichAreFinal([id], cancellationToken)).Count > 0)
            {
                return true;
            }
            WakeUp();
            await waiters.Ended.Task.WaitAsync(timeout, Time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            Leave(id, waiters);
        }
    }

    Waiters Join(Guid id)
    {
        while (true)
        {
            var waiters = waiting.GetOrAdd(id, _ => new());
            lock (waiters)
            {
                if (!waiters.Abandoned)
                {
                    waiters.Count++;
                    return waiters;
                }
            }
        }
    }

    void Leave(Guid id, Waiters waiters)
    {
        lock (waiters)
        {
            if (--waiters.Count == 0)
            {
                waiters.Abandoned = true;
                waiting.TryRemove(new(id, waiters));
            }
        }
    }

    protected override bool HasWaiters => !waiting.IsEmpty;

    /// <summary>If it fails, waiters end with their own timeouts.</summary>
    protected override async Task Work(CancellationToken stoppingToken)
    {
        foreach (var id in await store.WhichAreFinal([.. waiting.Keys], stoppingToken))
        {
            Signal(id);
        }
    }

    sealed class Waiters
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public int Count;
        public bool Abandoned;
    }
}
