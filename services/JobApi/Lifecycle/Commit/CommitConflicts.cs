namespace JobSystem.JobApi.Lifecycle.Commit;

/// <summary>
/// The row or the queue's settings were changed by another writer after they were read. Run the state machine again on current data.
/// </summary>
public sealed class VersionConflictException(Guid jobId, int expected) : Exception($"job {jobId}: version {expected} is no longer current");

/// <summary>The queue is full. Run the state machine again, to park the job.</summary>
public sealed class QueueFullException(Guid jobId, string queue) : Exception($"job {jobId}: queue {queue} is full");
