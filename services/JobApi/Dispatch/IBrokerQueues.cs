using JobSystem.Contracts;

namespace JobSystem.JobApi.Dispatch;

/// <summary>Broker queues for tickets. There is one implementation per transport.</summary>
public interface IBrokerQueues
{
    /// <summary>True if tickets and workers end with this process.</summary>
    bool DiesWithProcess { get; }

    /// <summary>Declares the broker queue of <see cref="Address"/>.</summary>
    Task Declare(QueuedTask task, CancellationToken cancellationToken);

    /// <summary>Called when a ticket was returned as unroutable: the broker queue is declared again before the next ticket.</summary>
    void Forget(QueuedTask task);

    Uri Address(QueuedTask task);

    /// <summary>Purges the broker queue.</summary>
    Task Purge(QueuedTask task, CancellationToken cancellationToken);

    /// <summary>Number of ready tickets in the broker queue; null if the queue does not exist.</summary>
    Task<long?> Depth(QueuedTask task, CancellationToken cancellationToken);
}
