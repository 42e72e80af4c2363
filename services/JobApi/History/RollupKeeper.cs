using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.History;

/// <summary>Adds what commits have counted to the rollups, every few seconds on any instance, and removes old ones.</summary>
public sealed partial class RollupKeeper(IRollupStore store, StoreClock clock, TimeProvider time, IOptions<LifecycleOptions> options, ILogger<RollupKeeper> logger) : BackgroundService
{
    const int Bite = 1000;
    static readonly TimeSpan interval = TimeSpan.FromSeconds(2);
    static readonly TimeSpan betweenPurges = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        DateTimeOffset? purged = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await store.Fold(Bite, stoppingToken) == Bite)
                {
                }
                if (purged is null || clock.UtcNow - purged > betweenPurges)
                {
                    await store.Purge(clock.UtcNow.AddDays(-options.Value.HistoryMinutesDays), clock.UtcNow.AddDays(-options.Value.HistoryHoursDays), stoppingToken);
                    purged = clock.UtcNow;
                }
            }
            catch (StoreUnavailableException)
            {
                // The lines stay where they are until the database is back, which others say in the log
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogTrouble(exception);
            }
        }
    }

    [LoggerMessage(263, LogLevel.Error, "The history could not be brought up to date; what is not in it yet is kept")]
    partial void LogTrouble(Exception exception);
}
