using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Waits for the database and brings its schema up to date before anything else starts.</summary>
public sealed partial class StoreStartup(IJobStore store, IBrokerQueues broker, TimeProvider time, ILogger<StoreStartup> logger) : IHostedService
{
    static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await store.Migrate(cancellationToken);
                await ForgetEarlierLife(cancellationToken);
                return;
            }
            catch (StoreUnavailableException exception)
            {
                LogWaiting(exception.Message);
                await Task.Delay(pause, time, cancellationToken);
            }
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
        foreach (var queue in await store.QueueNames(cancellationToken))
        {
            await store.Redispatch(queue, DateTimeOffset.MaxValue, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(271, LogLevel.Warning, "Waiting for the database: {Reason}")]
    partial void LogWaiting(string reason);
}
