using JobSystem.JobApi.Metrics;
using JobSystem.JobApi.Storage;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// Compares each broker queue with the waiting jobs whose tickets it confirmed. A broker that lost its queues is found out by two
/// looks in a row that miss tickets; then the tickets are published again. Too many are harmless: a second claim is denied.
/// </summary>
public sealed partial class QueueReconciler(
    IJobStore store, IBrokerQueues broker, StoreClock clock, TimeProvider time, IOptions<LifecycleOptions> options,
    ILogger<QueueReconciler> logger) : BackgroundService
{
    /// <summary>Executors keep some tickets in their hands; fewer missing than this, with others still there, proves nothing.</summary>
    const long Slack = 1000;
    readonly TimeSpan interval = TimeSpan.FromSeconds(options.Value.ReconcileSeconds);
    readonly HashSet<string> suspects = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval / 2, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Look(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogTrouble(exception.Message);
            }
        }
    }

    async Task Look(CancellationToken stoppingToken)
    {
        var confirmedBefore = clock.UtcNow - (interval / 2);
        foreach (var (queue, waiting) in await store.CountDispatched(confirmedBefore, stoppingToken))
        {
            var depth = await Depth(queue, stoppingToken);
            var missing = depth is null || (depth == 0 && waiting > 0) || waiting - Slack > depth;
            if (!missing)
            {
                suspects.Remove(queue);
            }
            else if (depth is null || !suspects.Add(queue))
            {
                suspects.Remove(queue);
                var count = await store.Redispatch(queue, confirmedBefore, stoppingToken);
                JobMetrics.Republished(count);
                LogMissing(queue, depth ?? 0, waiting, count);
            }
        }
    }

    /// <summary>Null when a broker queue of one of its tasks is gone.</summary>
    async Task<long?> Depth(string queue, CancellationToken stoppingToken)
    {
        long? sum = 0;
        foreach (var task in (await store.QueuedTasks(stoppingToken)).Where(x => x.QueueName == queue))
        {
            var depth = await broker.Depth(task, stoppingToken);
            sum = sum is null || depth is null ? null : Math.Min(sum.Value, long.MaxValue / 2) + Math.Min(depth.Value, long.MaxValue / 2);
        }
        return sum;
    }

    [LoggerMessage(251, LogLevel.Warning, "Queue {Queue}: the broker has {Depth} tickets for {Waiting} waiting jobs; {Count} tickets are published again")]
    partial void LogMissing(string queue, long depth, long waiting, long count);

    [LoggerMessage(252, LogLevel.Warning, "Queues could not be compared with the broker: {Reason}")]
    partial void LogTrouble(string reason);
}
