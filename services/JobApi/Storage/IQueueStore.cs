using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// What steering queues asks of the database. A database that cannot be reached throws <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IQueueStore
{
    /// <summary>The queues that are paused or limited.</summary>
    Task<IReadOnlyList<QueueControl>> Controls(CancellationToken cancellationToken);

    /// <summary>Available capacity of the queue; null if it does not exist.</summary>
    Task<QueueRoom?> Room(string queueName, CancellationToken cancellationToken);

    /// <summary>
    /// Changes a queue's settings; false when there is no such queue. Claims that were made under the old ones have ended when it returns, and none is
    /// written afterwards. Attempts that are held then count against a limit that is new.
    /// </summary>
    Task<bool> Change(string queueName, QueueSettings settings, CancellationToken cancellationToken);

    /// <summary>True while the queue has a granted attempt that has not been reported as started.</summary>
    Task<bool> AnyReserved(string queueName, CancellationToken cancellationToken);

    /// <summary>
    /// Cancels jobs that wait in the queue and were submitted before the moment, at most <paramref name="limit"/> in one call, as the machine would cancel each. Returns them as they are now,
    /// with the step that was taken.
    /// </summary>
    Task<IReadOnlyList<JobState>> CancelWaiting(string queueName, DateTimeOffset before, string reason, string by, int limit, CancellationToken cancellationToken);
}
