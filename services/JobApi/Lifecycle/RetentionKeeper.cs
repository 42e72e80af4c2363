using JobSystem.JobApi.Storage;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Removes old final jobs in small bites: completed and cancelled ones early, failures later, so that they can be studied.</summary>
public sealed partial class RetentionKeeper(
    IJobStore store, StoreClock clock, TimeProvider time, IOptions<LifecycleOptions> options, ILogger<RetentionKeeper> logger) : BackgroundService
{
    const int Bite = 1000;
    static readonly TimeSpan interval = TimeSpan.FromMinutes(10);
    static readonly TimeSpan betweenBites = TimeSpan.FromMilliseconds(200);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Purge(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogTrouble(exception.Message);
            }
        }
    }

    async Task Purge(CancellationToken stoppingToken)
    {
        var now = clock.UtcNow;
        var (completed, others) = (now.AddDays(-options.Value.RetentionDays), now.AddDays(-options.Value.RetentionFailedDays));
        var removed = 0;
        for (int count; (count = await store.Purge(completed, others, Bite, stoppingToken)) > 0; removed += count)
        {
            await Task.Delay(betweenBites, time, stoppingToken);
        }
        if (removed > 0)
        {
            LogPurged(removed);
        }
    }

    [LoggerMessage(261, LogLevel.Information, "{Count} old jobs removed")]
    partial void LogPurged(int count);

    [LoggerMessage(262, LogLevel.Warning, "Old jobs could not be removed: {Reason}")]
    partial void LogTrouble(string reason);
}
