using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// Brings the schema up to date before anything else starts. A database that is away does not hold up the process: it lives,
/// answers 503, and goes on here.
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

    /// <summary>An in-memory broker and its executor die with their process: what they held is free again at once.</summary>
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
