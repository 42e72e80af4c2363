using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Jobs;
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
            Queues = session.Queues.Count > 0 ? session.Queues : AllQueues(session, await queues.Names(cancellationToken)),
            Slots = session.Slots,
            Processed = processed,
            Failed = failed,
            Attempts = attempts,
        };

    /// <summary>Those of its tasks may not be known yet.</summary>
    static List<string> AllQueues(WorkerSession session, IEnumerable<string> known) =>
        [.. known.Append(JobAdmission.DefaultQueue).Concat(session.Tasks.Select(x => x.Queue).OfType<string>()).Distinct().Order(StringComparer.Ordinal)];
}
