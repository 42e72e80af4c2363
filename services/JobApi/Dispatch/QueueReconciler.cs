using JobSystem.Contracts;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Finds waiting jobs whose confirmed tickets the broker has lost, and publishes them again. It checks the oldest ticket of each task, queue and
/// priority: that one is lost if the broker has no such queue, if the queue was empty twice in a row, or if newer tickets of the same queue have
/// been claimed. Duplicate tickets are harmless: a second claim is denied. One instance does this for all.
/// </summary>
public sealed partial class QueueReconciler(
    IJobStore store, IBrokerQueues broker, ClaimedTickets claimed, DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options,
    ILogger<QueueReconciler> logger) : BackgroundDuty
{
    const string Duty = "reconcile";

    /// <summary>During an upgrade, instances of the previous version publish tickets of tasks that this version does not know.</summary>
    static readonly TimeSpan betweenOthers = TimeSpan.FromMinutes(10);

    /// <summary>Tolerance: workers may hold a ticket while others claim newer ones, and confirmations may be committed out of order.</summary>
    readonly TimeSpan slack = TimeSpan.FromSeconds(options.Value.ReconcileSeconds / 2);
    readonly TimeSpan interval = TimeSpan.FromSeconds(options.Value.ReconcileSeconds / 2);
    readonly string holder = Guid.CreateVersion7().ToString();
    readonly HashSet<QueuedTask> emptyBefore = [];

    /// <summary>Position from which each level is read: no older ticket is waiting.</summary>
    readonly Dictionary<TicketLevel, DateTimeOffset> earliest = [];
    long? addedOthersAt;

    protected override TimeSpan LongestPause => interval;

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(interval, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken) => Reconcile(stoppingToken);

    internal async Task Reconcile(CancellationToken stoppingToken)
    {
        if (addedOthersAt is null)
        {
            // Also after taking over the duty, because the previous holder may have been of an earlier version
            await AddOthers(stoppingToken);
        }
        if (await store.HoldDuty(Duty, holder, interval * 2, stoppingToken))
        {
            await Compare(stoppingToken);
        }
    }

    internal async Task Compare(CancellationToken cancellationToken)
    {
        var confirmedBefore = clock.UtcNow - slack;
        var oldest = await FindOldest(confirmedBefore, cancellationToken);
        emptyBefore.IntersectWith(oldest.Keys.Select(x => x.Task));
        foreach (var levels in oldest.GroupBy(x => x.Key.Task))
        {
            var depth = await broker.Depth(levels.Key, cancellationToken);
            var allLost = depth is null || (depth == 0 && !emptyBefore.Add(levels.Key));
            if (allLost || depth > 0)
            {
                emptyBefore.Remove(levels.Key);
            }
            foreach (var (level, at) in levels)
            {
                var lostBefore = allLost ? confirmedBefore : claimed.HandedOut(level) - slack;
                if (lostBefore > at)
                {
                    await PublishAgain(level, at, lostBefore.Value < confirmedBefore ? lostBefore.Value : confirmedBefore, depth ?? 0, cancellationToken);
                }
            }
        }
    }

    /// <summary>Starts reading each level at its last known oldest ticket, to skip dead index entries.</summary>
    async Task<IReadOnlyDictionary<TicketLevel, DateTimeOffset>> FindOldest(DateTimeOffset confirmedBefore, CancellationToken cancellationToken)
    {
        if (addedOthersAt is not { } added || time.GetElapsedTime(added) > betweenOthers)
        {
            await AddOthers(cancellationToken);
        }
        foreach (var level in (await store.QueuedTasks(cancellationToken)).SelectMany(TicketLevel.AllOf))
        {
            // A position in the future means that the clock was set back
            if (!earliest.TryGetValue(level, out var at) || at > confirmedBefore)
            {
                earliest[level] = DateTimeOffset.UnixEpoch;
            }
        }
        var oldest = await store.OldestConfirmed(earliest, confirmedBefore, cancellationToken);
        foreach (var level in earliest.Keys)
        {
            // Confirmations may be committed slightly out of order
            earliest[level] = (oldest.TryGetValue(level, out var at) ? at : confirmedBefore) - slack;
        }
        return oldest;
    }

    async Task AddOthers(CancellationToken cancellationToken)
    {
        await store.AddQueuedTasksOfConfirmed(cancellationToken);
        addedOthersAt = time.GetTimestamp();
    }

    async Task PublishAgain(TicketLevel level, DateTimeOffset oldest, DateTimeOffset lostBefore, long depth, CancellationToken cancellationToken)
    {
        var count = await store.Redispatch(level, lostBefore, cancellationToken);
        if (count > 0)
        {
            JobMetrics.Republished(count);
            LogMissing(level.Task.QueueName, level.Task.TaskName, level.Priority, depth, oldest, count);
        }
    }

    [LoggerMessage(2161, LogLevel.Warning,
        "Broker lost tickets of queue {Queue}, task {Task}, priority {Priority} (depth {Depth}, oldest {Oldest}); published {Count} again")]
    partial void LogMissing(string queue, string task, byte priority, long depth, DateTimeOffset oldest, long count);
}
