using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Background;

/// <summary>
/// Migrates the database before anything else starts. If the database is unavailable, the process starts anyway, responds with 503, and
/// retries here.
/// </summary>
public sealed partial class DatabaseStartup(IJobStore store, IConfiguration configuration, ILogger<DatabaseStartup> logger) : BackgroundDuty
{
    bool isPrepared;

    protected override bool IsVital => true;

    protected override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected override async Task Begin(CancellationToken cancellationToken)
    {
        try
        {
            await Work(cancellationToken);
        }
        catch (StoreUnavailableException exception)
        {
            LogWaiting(exception.Message);
        }
    }

    protected override Task Wait(CancellationToken stoppingToken) => isPrepared ? Task.Delay(Timeout.Infinite, stoppingToken) : Task.CompletedTask;

    protected override async Task Work(CancellationToken stoppingToken)
    {
        await store.Migrate(stoppingToken);
        await ForgetEarlierLife(stoppingToken);
        isPrepared = true;
    }

    /// <summary>Where there is one process only, the executors within it end with it, so their leases are ended immediately.</summary>
    Task ForgetEarlierLife(CancellationToken cancellationToken) =>
        configuration.IsOnlyInstance() ? store.ExpireLeases(cancellationToken) : Task.CompletedTask;

    [LoggerMessage(2191, LogLevel.Warning, "Database unavailable at startup, retrying: {Reason}")]
    partial void LogWaiting(string reason);
}
