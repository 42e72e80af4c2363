using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Everything that the life cycle asks of the database, in the order of a job's life. Two implementations, one conformance suite.
/// Each verb is one transaction. A database that cannot be reached throws <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IJobStore
{
    /// <summary>Brings the schema up to date; safe to call from several processes at once.</summary>
    Task Migrate(CancellationToken cancellationToken);

    /// <summary>The database's clock: leases and timers are computed with it, never with a host's own clock.</summary>
    Task<DateTimeOffset> Now(CancellationToken cancellationToken);

    /// <summary>
    /// Inserts the jobs of all submissions with one commit. Each submission is all or none: a taken job id or idempotency key
    /// undoes that submission alone. Result in order.
    /// </summary>
    Task<IReadOnlyList<InsertResult>> Insert(IReadOnlyList<Submission> submissions, CancellationToken cancellationToken);

    /// <summary>Loads sagas by id, without history, result and error. Absent = not found.</summary>
    Task<IReadOnlyDictionary<Guid, JobState>> Load(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Writes what the machine decided, with one commit: element i is false when row i is no longer at its expected version, or starts an attempt
    /// (<see cref="JobState.StartsAttempt"/>) while its queue is paused, has limits, or is being changed.
    /// Appends <see cref="JobState.NewSteps"/> to the history and stores <see cref="JobState.NewLogs"/>. An id occurs once.
    /// A lease is never shortened by a write: heartbeats renew it without a new version.
    /// </summary>
    Task<IReadOnlyList<bool>> Write(IReadOnlyList<SagaWrite> writes, CancellationToken cancellationToken);

    /// <summary>
    /// Jobs whose <c>due_at</c> is in the range, both ends included, oldest first. Without <paramref name="dispatchable"/> only those that an
    /// executor holds, for times when the broker is away and nothing could be dispatched.
    /// </summary>
    /// <param name="from">
    /// Where the index is entered. What lies before it are entries of rows that have moved on, which the database cannot remove while
    /// somebody else's long transaction might still see them.
    /// </param>
    Task<IReadOnlyList<DueJob>> Due(DateTimeOffset from, DateTimeOffset now, int limit, bool dispatchable, CancellationToken cancellationToken);

    /// <summary>The earliest <c>due_at</c> that is not before <paramref name="from"/>, or null when no timer runs.</summary>
    Task<DateTimeOffset?> NextDue(DateTimeOffset from, CancellationToken cancellationToken);

    /// <summary>
    /// Notes that the broker has confirmed the tickets; only jobs to which nothing has happened since are touched.
    /// Their <c>due_at</c> becomes their <c>expires_at</c>. The version does not change.
    /// </summary>
    Task MarkDispatched(IReadOnlyCollection<DispatchedTicket> tickets, CancellationToken cancellationToken);

    /// <summary>
    /// When the oldest ticket of each level was confirmed that is from before <paramref name="confirmedBefore"/> and whose job still waits.
    /// Parked jobs have no ticket. A level without such a ticket is left out.
    /// </summary>
    /// <param name="from">The levels to look at, and where each is entered: nothing older waits there.</param>
    /// <param name="confirmedBefore">Younger tickets are left out.</param>
    Task<IReadOnlyDictionary<TicketLevel, DateTimeOffset>> OldestConfirmed(
        IReadOnlyDictionary<TicketLevel, DateTimeOffset> from, DateTimeOffset confirmedBefore, CancellationToken cancellationToken);

    /// <summary>Forgets the confirmations of a level's waiting jobs, so that the pump dispatches them again. Returns how many.</summary>
    Task<long> Redispatch(TicketLevel level, DateTimeOffset confirmedBefore, CancellationToken cancellationToken);

    /// <summary>
    /// Extends the leases of the attempts that this worker rightly holds and returns those, with their cancel requests.
    /// What is not returned is not its own any more. The version does not change.
    /// </summary>
    Task<IReadOnlyList<RenewedLease>> RenewLeases(string workerId, IReadOnlyCollection<HeldAttempt> attempts, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the leases of all held attempts. For a process that starts alone on its database: no worker of an earlier life is left.
    /// </summary>
    Task ExpireLeases(CancellationToken cancellationToken);

    /// <summary>Ends every lease at the latest after <paramref name="lease"/> from now: those of before the database's clock was set back end too late.</summary>
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

    /// <summary>Removes those of the jobs that are final, with their log lines, and returns them.</summary>
    Task<IReadOnlyList<Guid>> Delete(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>One job with history, result and error.</summary>
    Task<JobState?> Find(Guid id, CancellationToken cancellationToken);

    /// <summary>Where those of the given jobs are that exist, without what they carry.</summary>
    Task<IReadOnlyList<JobStanding>> Standings(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>The states of those of the given jobs that are final.</summary>
    Task<IReadOnlyList<Guid>> WhichAreFinal(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>What has become of jobs since the given versions: only those that are not at that version any more, or are gone.</summary>
    Task<IReadOnlyList<FollowedJob>> Follow(IReadOnlyCollection<(Guid Id, int Version)> known, CancellationToken cancellationToken);

    /// <summary>Log lines of a job in the order in which they were written, however their reports arrived.</summary>
    Task<IReadOnlyList<JobLogLine>> ReadLogs(Guid id, int? attempt, int offset, int limit, CancellationToken cancellationToken);

    /// <summary>Adds a queue name; true when it was new.</summary>
    Task<bool> AddQueue(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<string>> QueueNames(CancellationToken cancellationToken);

    /// <summary>Adds tasks that queues have jobs of; those that are there already are left as they are.</summary>
    Task AddQueuedTasks(IReadOnlyList<QueuedTask> tasks, CancellationToken cancellationToken);

    Task<IReadOnlyList<QueuedTask>> QueuedTasks(CancellationToken cancellationToken);

    /// <summary>Adds the tasks of waiting jobs with a confirmed ticket that are missing: in an upgrade, instances of before send those tickets elsewhere.</summary>
    Task AddQueuedTasksOfConfirmed(CancellationToken cancellationToken);

    /// <summary>Adds or refreshes what a worker announced.</summary>
    Task AnnounceTasks(string workerId, IReadOnlyList<AnnouncedTask> tasks, CancellationToken cancellationToken);

    /// <summary>Every task version that was ever announced, newest announcement first.</summary>
    Task<IReadOnlyList<KnownTask>> Tasks(CancellationToken cancellationToken);
}

/// <summary>Jobs that are accepted or refused together.</summary>
public sealed record Submission(IReadOnlyList<JobState> Jobs);

/// <summary>What became of a submission; with a conflict nothing of it was inserted.</summary>
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

/// <summary>A job of the submission that could not be inserted, and the existing job in its way.</summary>
/// <param name="Index">Position in the submission.</param>
/// <param name="Existing">Id of the job that has the id or the key.</param>
/// <param name="SameKey">True when the idempotency key is taken, false when the job id is.</param>
public sealed record InsertConflict(int Index, Guid Existing, bool SameKey);

public readonly record struct SagaWrite(JobState Job, int ExpectedVersion);

public readonly record struct DueJob(Guid Id, DateTimeOffset DueAt);

/// <summary>The jobs of one priority, task and queue, whose tickets the broker hands out in the order in which they came.</summary>
public readonly record struct TicketLevel(QueuedTask Task, byte Priority)
{
    /// <summary>Highest priority first.</summary>
    public static IEnumerable<TicketLevel> AllOf(QueuedTask task) => [new(task, 4), new(task, 3), new(task, 2), new(task, 1)];
}

/// <param name="State">Null when the job is gone.</param>
public sealed record FollowedJob(Guid Id, int Version, string? State, string? History, string? ProgressCurve);

public readonly record struct JobStanding(Guid Id, string? Key, string State, DateTimeOffset? CompletedAt)
{
    /// <summary>The id on the wire.</summary>
    public string JobId => Key ?? Id.ToString();
}

/// <param name="LastEnd">When the last of the removed jobs ended.</param>
public readonly record struct Purged(int Count, DateTimeOffset LastEnd);

/// <param name="Version">Of the row that the ticket was sent for.</param>
public readonly record struct DispatchedTicket(Guid JobId, int Version);

public readonly record struct RenewedLease(Guid JobId, int Attempt, bool CancelRequested, string? CancelReason);

public sealed record KnownTask(AnnouncedTask Task, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, IReadOnlyList<string> Workers)
{
    /// <summary>For each of <see cref="Workers"/>, the hash of the JSON Schema that it announced; null when it announced none.</summary>
    public IReadOnlyList<string?> Schemas { get; init; } = [];
}

/// <summary>The database cannot be reached or refuses connections just now; the same call may succeed later.</summary>
public sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);
