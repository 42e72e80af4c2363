using System.Collections.Concurrent;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>
/// Wakes those who follow single jobs. They are told what the row says: it has every step, whichever instance took it, and none can get lost.
/// </summary>
public sealed class JobFollower(IJobStore store, TimeProvider time) : SharedPoll(time)
{
    readonly ConcurrentDictionary<Waiter, bool> waiting = new();

    /// <summary>Waits until the job's version changes or the job is removed; null after a timeout.</summary>
    public async Task<FollowedJob?> Next(Guid id, int version, TimeSpan patience, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(id, version);
        waiting[waiter] = true;
        WakeUp();
        try
        {
            return await waiter.Changed.Task.WaitAsync(patience, Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            waiting.TryRemove(waiter, out _);
        }
    }

    protected override bool HasWaiters => !waiting.IsEmpty;

    /// <summary>If it fails, streams continue with keep-alive comments.</summary>
    protected override async Task Work(CancellationToken stoppingToken)
    {
        var waiters = waiting.Keys.ToList();
        var changed = await store.Follow([.. waiters.Select(x => (x.Id, x.Version)).Distinct()], stoppingToken);
        var byId = changed.ToLookup(x => x.Id);
        foreach (var waiter in waiters)
        {
            if (byId[waiter.Id].FirstOrDefault(x => x.Version != waiter.Version) is { } job)
            {
                waiter.Changed.TrySetResult(job);
            }
        }
    }

    sealed class Waiter(Guid id, int version)
    {
        public Guid Id => id;
        public int Version => version;
        public TaskCompletionSource<FollowedJob> Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
