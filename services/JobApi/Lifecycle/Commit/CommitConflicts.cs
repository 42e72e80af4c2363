namespace JobSystem.JobApi.Lifecycle.Commit;

/// <summary>
/// The row was changed by another writer after it was read. Run the state machine again on current data.
/// </summary>
public sealed class VersionConflictException(Guid jobId, int expected) : Exception($"job {jobId}: version {expected} is no longer current");
