using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Background;

/// <summary>Adds the counts of recent commits to the rollups every few seconds, on any instance, and removes old rollups.</summary>
public sealed class RollupKeeper(IRollupStore store, DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options) : BackgroundDuty
{
    const int BatchSize = 1000;
    static readonly TimeSpan interval = TimeSpan.FromSeconds(2);
    static readonly TimeSpan betweenPurges = TimeSpan.FromHours(1);
    DateTimeOffset? purged;

    protected override TimeSpan LongestPause => TimeSpan.FromSeconds(30);

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(interval, time, stoppingToken);

    /// <summary>If it fails, the lines stay in the inbox.</summary>
    protected override async Task Work(CancellationToken stoppingToken)
    {
        while (await store.Fold(BatchSize, stoppingToken) == BatchSize)
        {
            Progressed();
        }
        if (purged is null || clock.UtcNow - purged > betweenPurges)
        {
            await store.Purge(clock.UtcNow.AddDays(-options.Value.HistoryMinutesDays), clock.UtcNow.AddDays(-options.Value.HistoryHoursDays), stoppingToken);
            purged = clock.UtcNow;
        }
    }
}
