using System.Collections.Concurrent;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>
/// Wakes those who follow single jobs. One look at the database for all of them together, ten times a second while somebody follows: the row
/// has every step, whichever instance took it, and none can get lost.
/// </summary>
public sealed class JobFollower(IJobStore store, TimeProvider time) : BackgroundDuty, IDisposable
{
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(100);
    readonly ConcurrentDictionary<Waiter, bool> waiting = new();
    readonly SemaphoreSlim somebodyFollows = new(0);

    /// <summary>Waits until the job's version changes or the job is removed; null after a timeout.</summary>
    public async Task<FollowedJob?> Next(Guid id, int version, TimeSpan patience, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(id, version);
        waiting[waiter] = true;
        somebodyFollows.Release();
        try
        {
            return await waiter.Changed.Task.WaitAsync(patience, time, cancellationToken);
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

    protected override async Task Wait(CancellationToken stoppingToken)
    {
        if (waiting.IsEmpty)
        {
            await somebodyFollows.WaitAsync(stoppingToken);
        }
        await Task.Delay(interval, time, stoppingToken);
    }

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

    public void Dispose() => somebodyFollows.Dispose();

    sealed class Waiter(Guid id, int version)
    {
        public Guid Id => id;
        public int Version => version;
        public TaskCompletionSource<FollowedJob> Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
