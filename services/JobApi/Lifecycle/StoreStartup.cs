using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// Brings the schema up to date before anything else starts. A database that is away does not hold up the process: it lives,
/// answers 503, and goes on here.
/// </summary>
public sealed partial class StoreStartup(IJobStore store, IBrokerQueues broker, TimeProvider time, ILogger<StoreStartup> logger) : BackgroundService
{
    static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await TryPrepare(cancellationToken))
        {
            await base.StartAsync(cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        do
        {
            await Task.Delay(pause, time, stoppingToken);
        }
        while (!await TryPrepare(stoppingToken));
    }

    async Task<bool> TryPrepare(CancellationToken cancellationToken)
    {
        try
        {
            await store.Migrate(cancellationToken);
            await ForgetEarlierLife(cancellationToken);
            return true;
        }
        catch (StoreUnavailableException exception)
        {
            LogWaiting(exception.Message);
            return false;
        }
    }

    /// <summary>An in-memory broker and its executor die with their process: what they held is free again at once.</summary>
    async Task ForgetEarlierLife(CancellationToken cancellationToken)
    {
        if (!broker.DiesWithProcess)
        {
            return;
        }
        await store.ExpireLeases(cancellationToken);
        await store.AddQueuedTasksOfConfirmed(cancellationToken);
        foreach (var level in (await store.QueuedTasks(cancellationToken)).SelectMany(TicketLevel.AllOf))
        {
            await store.Redispatch(level, DateTimeOffset.MaxValue, cancellationToken);
        }
    }

    [LoggerMessage(271, LogLevel.Warning, "Waiting for the database: {Reason}")]
    partial void LogWaiting(string reason);
}
