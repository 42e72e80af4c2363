using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Sessions;
using JobSystem.JobApi.Time;

namespace JobSystem.JobApi.Http.Workers.Sessions;

static class SessionHeartbeats
{
    /// <summary>The same as a worker on the bus sends.</summary>
    public static async Task<WorkerHeartbeat> Heartbeat(
        this WorkerSession session, string status, IReadOnlyList<HeldAttempt> attempts, long processed, long failed, JobQueues queues, DatabaseClock clock,
        CancellationToken cancellationToken) => new()
        {
            WorkerId = session.Id,
            Name = session.Name,
            Host = session.Host,
            Version = session.Version,
            Status = status,
            StartedAt = session.StartedAt,
            SentAt = clock.UtcNow,
            Queues = session.Queues.Count > 0 ? session.Queues : await queues.Names(cancellationToken),
            Slots = session.Slots,
            Processed = processed,
            Failed = failed,
            Attempts = attempts,
        };
}
