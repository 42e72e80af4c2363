using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Background;

/// <summary>
/// Migrates the database before anything else starts. If the database is unavailable, the process starts anyway, responds with 503, and
/// retries here.
/// </summary>
public sealed partial class DatabaseStartup(IJobStore store, IBrokerQueues broker, ILogger<DatabaseStartup> logger) : BackgroundDuty
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

    /// <summary>An in-memory broker and its executor end with the process, so their leases and tickets are released immediately.</summary>
    async Task ForgetEarlierLife(CancellationToken cancellationToken)
    {
        if (!broker.DiesWithProcess)
        {
            return;
        }
        await store.ExpireLeases(cancellationToken);
        foreach (var level in (await store.QueuedTasks(cancellationToken)).SelectMany(TicketLevel.AllOf))
        {
            await store.Redispatch(level, DateTimeOffset.MaxValue, cancellationToken);
        }
    }

    [LoggerMessage(2191, LogLevel.Warning, "Database unavailable at startup, retrying: {Reason}")]
    partial void LogWaiting(string reason);
}
