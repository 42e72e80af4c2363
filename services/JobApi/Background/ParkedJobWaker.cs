using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Background;

/// <summary>
/// Publishes tickets for jobs that were parked because their queue was paused or full: as many as there is room for, by priority and age.
/// Every instance does this; if there is no room after all, the job's claim parks it again.
/// </summary>
public sealed class ParkedJobWaker(
    IQueueStore store, QueueLimitCache queueLimits, ParkedQueues parked, DueJobSignal dueJobs, DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options) :
    BackgroundDuty
{
    const int BatchSize = 1000;
    static readonly TimeSpan whileLimited = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan claimTimeout = TimeSpan.FromSeconds(1);
    readonly TimeSpan scan = TimeSpan.FromSeconds(options.Value.ScanSeconds);
    readonly Dictionary<string, Dictionary<Guid, long>> woken = [];
    long? scannedAt;
    TimeSpan wait;

    protected override Task Wait(CancellationToken stoppingToken) => parked.Wait(wait, stoppingToken);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        if (scannedAt is null || time.GetElapsedTime(scannedAt.Value) >= scan)
        {
            foreach (var queue in await store.WithParked(stoppingToken))
            {
                parked.AddFound(queue);
            }
            scannedAt = time.GetTimestamp();
        }
        wait = await WakeAll(stoppingToken) ? whileLimited : scan;
    }

    /// <summary>True when a queue that is not paused still has parked jobs.</summary>
    async Task<bool> WakeAll(CancellationToken stoppingToken)
    {
        var more = false;
        foreach (var (queue, mark) in parked.Marked)
        {
            if ((await queueLimits.Current(stoppingToken)).IsPaused(queue))
            {
                continue;
            }
            if (await Wake(queue, stoppingToken))
            {
                more = true;
            }
            else
            {
                // Not if another job was parked meanwhile
                parked.Remove(queue, mark);
            }
        }
        return more;
    }

    async Task<bool> Wake(string queue, CancellationToken stoppingToken)
    {
        var free = (await store.Room(queue, stoppingToken))?.Free ?? BatchSize;
        var room = Math.Min(free == int.MaxValue ? BatchSize : free - await OnTheirWay(queue, stoppingToken), BatchSize);
        if (room <= 0)
        {
            return true;
        }
        var ids = await store.Wake(queue, room, stoppingToken);
        if (ids.Count > 0)
        {
            var claiming = woken.TryGetValue(queue, out var known) ? known : woken[queue] = [];
            foreach (var id in ids)
            {
                claiming[id] = time.GetTimestamp();
            }
            dueJobs.Notify(clock.UtcNow);
        }
        return ids.Count == room;
    }

    /// <summary>Jobs that were woken and have not been claimed yet; removed after a timeout.</summary>
    async Task<int> OnTheirWay(string queue, CancellationToken stoppingToken)
    {
        if (!woken.TryGetValue(queue, out var claiming) || claiming.Count == 0)
        {
            return 0;
        }
        // Their claims may be handled by any instance
        var left = (await store.OnTheirWay(claiming.Keys, stoppingToken)).ToHashSet();
        foreach (var (id, at) in claiming.ToList())
        {
            if (!left.Contains(id) || time.GetElapsedTime(at) > claimTimeout)
            {
                claiming.Remove(id);
            }
        }
        return claiming.Count;
    }
}
