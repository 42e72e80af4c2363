using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Everything that the life cycle asks of the database, in the order of a job's life. Two implementations, one conformance suite.
/// Each verb is one transaction. A database that cannot be reached throws <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IJobStore
{
    /// <summary>Migrates the database; safe for concurrent processes.</summary>
    Task Migrate(CancellationToken cancellationToken);

    /// <summary>Current time of the database, used for leases and timers.</summary>
    Task<DateTimeOffset> Now(CancellationToken cancellationToken);

    /// <summary>
    /// Inserts the jobs of all submissions with one commit. Each submission is all or none: a taken job id or idempotency key
    /// undoes that submission alone. Result in order.
    /// </summary>
    Task<IReadOnlyList<InsertResult>> Insert(IReadOnlyList<Submission> submissions, CancellationToken cancellationToken);

    /// <summary>Loads sagas by id, without history, result and error. Absent = not found.</summary>
    Task<IReadOnlyDictionary<Guid, JobState>> Load(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Writes what the machine decided, with one commit: element i is false when row i is no longer at its expected version.
    /// Appends <see cref="JobState.NewSteps"/> to the history and stores <see cref="JobState.NewLogs"/>. An id occurs once.
    /// A lease is never shortened by a write: heartbeats renew it without a new version. <see cref="JobState.FollowUps"/> of the rows that are written are
    /// inserted with the same commit; one whose id or idempotency key exists is left out, and is no longer in the list when the call returns.
    /// </summary>
    Task<IReadOnlyList<bool>> Write(IReadOnlyList<SagaWrite> writes, CancellationToken cancellationToken);

    /// <summary>
    /// Reserves waiting jobs for workers, by priority, then by the time at which they became ready. Jobs that another instance is just reserving are passed
    /// over. It is the only way from <c>pending</c> to <c>reserved</c>, and keeps the pauses and limits of queues: a change of a queue's settings waits for it.
    /// </summary>
    Task<ClaimedJobs> Claim(JobClaim claim, CancellationToken cancellationToken);

    /// <summary>
    /// Jobs whose <c>due_at</c> is in the range, both ends included, oldest first.
    /// </summary>
    /// <param name="from">
    /// Where the index is entered. What lies before it are entries of rows that have moved on, which the database cannot remove while
    /// somebody else's long transaction might still see them.
    /// </param>
    Task<IReadOnlyList<DueJob>> Due(DateTimeOffset from, DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>The earliest <c>due_at</c> not before <paramref name="from"/>; null if there is none.</summary>
    Task<DateTimeOffset?> NextDue(DateTimeOffset from, CancellationToken cancellationToken);

    /// <summary>
    /// Clears the timers of jobs that have nothing to wait for but a worker: their <c>due_at</c> becomes their <c>expires_at</c>. Others are not changed, nor
    /// is any version.
    /// </summary>
    Task DisarmWaiting(IReadOnlyCollection<Guid> ids, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Extends the leases of the attempts that this worker rightly holds and returns those, with their cancel requests.
    /// What is not returned is not its own any more. The version does not change.
    /// </summary>
    Task<IReadOnlyList<RenewedLease>> RenewLeases(string workerId, IReadOnlyCollection<HeldAttempt> attempts, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the leases of all held attempts. For a process that starts alone on its database: no worker of an earlier life is left.
    /// </summary>
    Task ExpireLeases(CancellationToken cancellationToken);

    /// <summary>Shortens leases to at most <paramref name="lease"/> from now, after the database's clock was set back.</summary>
    Task ShortenLeases(TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Takes or keeps a duty that one instance has for all, for some time. False when another instance has it.
    /// </summary>
    Task<bool> HoldDuty(string name, string holder, TimeSpan time, CancellationToken cancellationToken);

    /// <summary>
    /// Removes jobs in this final state that ended in the time between, the earliest first, at most <paramref name="limit"/> in one call.
    /// Rows that somebody else has locked are passed over.
    /// </summary>
    Task<Purged> Purge(string status, DateTimeOffset endedAfter, DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken);

    /// <summary>Removes the final ones of the jobs, with their log lines, and returns them.</summary>
    Task<IReadOnlyList<Guid>> Delete(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>One job with history, result and error.</summary>
    Task<JobState?> Find(Guid id, CancellationToken cancellationToken);

    /// <summary>The states of existing jobs, without payloads.</summary>
    Task<IReadOnlyList<JobStanding>> Standings(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>The states of the final ones of the given jobs.</summary>
    Task<IReadOnlyList<Guid>> WhichAreFinal(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>Jobs that have changed since the given versions or are gone.</summary>
    Task<IReadOnlyList<FollowedJob>> Follow(IReadOnlyCollection<(Guid Id, int Version)> known, CancellationToken cancellationToken);

    /// <summary>Log lines of a job in the order in which they were written, however their reports arrived.</summary>
    Task<IReadOnlyList<JobLogLine>> ReadLogs(Guid id, int? attempt, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>Adds a queue; true if it did not exist.</summary>
    Task<bool> AddQueue(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<string>> QueueNames(CancellationToken cancellationToken);

    /// <summary>Adds tasks of queues; existing ones are not changed.</summary>
    Task AddQueuedTasks(IReadOnlyList<QueuedTask> tasks, CancellationToken cancellationToken);

    Task<IReadOnlyList<QueuedTask>> QueuedTasks(CancellationToken cancellationToken);

    /// <summary>Adds or updates a worker's announcement.</summary>
    Task AnnounceTasks(string workerId, IReadOnlyList<AnnouncedTask> tasks, CancellationToken cancellationToken);

    /// <summary>All announced task versions, latest announcement first.</summary>
    Task<IReadOnlyList<KnownTask>> Tasks(CancellationToken cancellationToken);
}

/// <summary>Jobs that are accepted or refused together.</summary>
public sealed record Submission(IReadOnlyList<JobState> Jobs);

/// <summary>Outcome of a submission; if there is a conflict, nothing was inserted.</summary>
/// <param name="Conflicts">
/// All that was in the way, one for each job concerned, in the order of the jobs. Only what another submission of the same moment took is
/// named one at a time: the next try finds the rest.
/// </param>
public sealed record InsertResult(IReadOnlyList<InsertConflict> Conflicts)
{
    public static readonly InsertResult Done = new([]);

    /// <summary>The first of them.</summary>
    public InsertConflict? Conflict => Conflicts.Count == 0 ? null : Conflicts[0];
}

/// <summary>A conflict between a submitted job and an existing one.</summary>
/// <param name="Index">Position in the submission.</param>
/// <param name="Existing">Id of the job that has the id or the key.</param>
/// <param name="SameKey">True when the idempotency key is taken, false when the job id is.</param>
public sealed record InsertConflict(int Index, Guid Existing, bool SameKey);

public readonly record struct SagaWrite(JobState Job, int ExpectedVersion);

/// <param name="IsWaiting">True if it has nothing to wait for but a worker.</param>
public readonly record struct DueJob(Guid Id, DateTimeOffset DueAt, bool IsWaiting);

/// <param name="State">Null when the job is gone.</param>
public sealed record FollowedJob(Guid Id, int Version, string? State, string? History, string? ProgressCurve);

public readonly record struct JobStanding(Guid Id, string? Key, string State, DateTimeOffset? CompletedAt)
{
    /// <summary>The id on the wire.</summary>
    public string JobId => Key ?? Id.ToString();
}

/// <param name="LastEnd">When the last of the removed jobs ended.</param>
public readonly record struct Purged(int Count, DateTimeOffset LastEnd);

public readonly record struct RenewedLease(Guid JobId, int Attempt, bool CancelRequested, string? CancelReason);

public sealed record KnownTask(AnnouncedTask Task, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, IReadOnlyList<string> Workers)
{
    /// <summary>Hash of the JSON Schema announced by each of <see cref="Workers"/>; null if it announced none.</summary>
    public IReadOnlyList<string?> Schemas { get; init; } = [];
}

/// <summary>The database is unreachable or refuses connections. The call can be retried.</summary>
public sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);
