using System.Text.Json;
using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Model;

/// <summary>One job: the saga instance, the database row and its place in the queue are the same thing.</summary>
public sealed class JobState : JobSpec, SagaStateMachineInstance, ISagaVersion
{
    public Guid CorrelationId { get; set; }
    public int Version { get; set; }

    /// <summary>One of <see cref="JobStatus"/>.</summary>
    public string CurrentState { get; set; } = JobStatus.Pending;

    // The submission, besides what JobSpec has. None of these changes after the insert.

    /// <summary>The caller's own id; null when the id is the UUID's text.</summary>
    public string? Key { get; set; }
    public required string Owner { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public string? IdempotencyKey { get; set; }

    /// <summary>SHA-256 of the request, stored only with an idempotency key: the same key with different content is a conflict.</summary>
    public byte[]? RequestHash { get; set; }
    public string? Traceparent { get; set; }
    public Guid? ParentId { get; set; }

    /// <summary>The parent's <see cref="Key"/>: the id on the wire of a parent that has one.</summary>
    public string? ParentKey { get; set; }
    public string? ScheduleId { get; set; }

    /// <summary>Id of the only worker that may run it, for the children of broadcasts; null for any.</summary>
    public string? PinnedTo { get; set; }

    // The state. Only the state machine changes these.

    /// <summary>Number of the latest granted attempt, used as fencing token. 0 before the first.</summary>
    public int Attempt { get; set; }

    /// <summary>Retries used up since submission or since the last retry request.</summary>
    public int RetryCount { get; set; }

    /// <summary>Consecutive attempts that ended because their worker died.</summary>
    public int LostCount { get; set; }

    /// <summary>The latest attempt that was written off; its reports are refused and recorded.</summary>
    public int LostAttempt { get; set; }

    /// <summary>The worker of the current or the last attempt; null for broadcasts, which run on their children's workers.</summary>
    public string? WorkerId { get; set; }

    /// <summary>When the current or the last attempt was given to its worker; null before the first, and for broadcasts.</summary>
    public DateTimeOffset? ReservedAt { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }

    /// <summary>Earliest start of the next attempt, because of scheduled_at, a retry delay or a snooze.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>
    /// Since when the job waits for a slot, or from when on it will: jobs of one priority start in this order. A job that was handed back, or whose worker was
    /// lost, keeps its place.
    /// </summary>
    public DateTimeOffset ReadyAt { get; set; }

    /// <summary>When the poller has to handle the row; may be earlier than necessary, but not later.</summary>
    public DateTimeOffset? DueAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>The final state if it is not <c>completed</c>. A separate column, so that claims need no index update.</summary>
    public string? Outcome { get; set; }
    public DateTimeOffset? CancelRequestedAt { get; set; }
    public string? CancelReason { get; set; }
    public double Progress { get; set; }
    public string? ProgressMessage { get; set; }

    /// <summary>Progress over time, see <see cref="ProgressCurve"/>.</summary>
    public string? ProgressCurve { get; set; }

    /// <summary>JSON text of the result. Not loaded with the saga: null means unchanged, unless <see cref="ClearsOutcome"/>.</summary>
    public string? Result { get; set; }

    /// <summary>
    /// The children of a running broadcast, see <see cref="BroadcastResult"/>. Not loaded with the saga: null means unchanged.
    /// </summary>
    public string? Children { get; set; }

    /// <summary>When all <see cref="Children"/> of the current round had been inserted; null before.</summary>
    public DateTimeOffset? ChildrenInsertedAt { get; set; }

    /// <summary>JSON text of the latest <see cref="AttemptError"/>. Not loaded with the saga: null means unchanged, unless <see cref="ClearsOutcome"/>.</summary>
    public string? Error { get; set; }

    /// <summary>Groups similar failures, see <see cref="FailureFingerprint"/>. Not loaded with the saga: null means unchanged while the job is failed.</summary>
    public string? Fingerprint { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>All steps so far, one JSON object per line. Not loaded with the saga; see <see cref="NewSteps"/>.</summary>
    public string? History { get; set; }

    /// <summary>Time from which the job's waiting time is measured.</summary>
    public DateTimeOffset FirstReadyAt => ScheduledAt > CreatedAt ? ScheduledAt.Value : CreatedAt;

    /// <summary>Where it waits.</summary>
    public WaitingLevel Level => new(new(QueueName, TaskName, TaskVersion), Priority);

    // Not columns: what the current message added.

    /// <summary>Steps of the message that is being handled; appended to <see cref="History"/> by the write.</summary>
    public List<JobEvent> NewSteps { get; private set; } = [];

    /// <summary>Log lines of the message that is being handled; written together with the row.</summary>
    public List<JobLogLine> NewLogs { get; private set; } = [];

    /// <summary>
    /// Jobs to insert together with the row. After the write those that it inserted; what exists already, by id or idempotency key, is left out.
    /// </summary>
    public IReadOnlyList<JobState> FollowUps { get; set; } = [];

    /// <summary>True if the write replaces result and error even with null, for example to clear the error of an earlier attempt.</summary>
    public bool ClearsOutcome { get; set; }

    /// <summary>False if nothing changed, so that nothing is written.</summary>
    public bool Changed { get; set; }

    /// <summary>True if the row was taken from <c>RecentJobCache</c>.</summary>
    public bool IsFromMemory { get; set; }

    /// <summary>The id on the wire.</summary>
    public string JobId => Key ?? CorrelationId.ToString();

    /// <summary>A step of the job as it is now.</summary>
    public JobEvent ToEvent(string word, DateTimeOffset at, JsonElement? details = null) => new()
    {
        JobId = JobId,
        Event = word,
        At = at,
        Attempt = Attempt,
        WorkerId = WorkerId,
        TaskName = TaskName,
        QueueName = QueueName,
        Priority = Contracts.Priority.FromLevel(Priority),
        Owner = Owner,
        WaitSeconds = word == JobStatus.Running ? (at - FirstReadyAt).TotalSeconds : null,
        RunSeconds = JobStatus.IsFinal(word) && StartedAt is { } started ? (at - started).TotalSeconds : null,
        Details = details,
    };

    public JobState Clone()
    {
        var copy = (JobState)MemberwiseClone();
        copy.NewSteps = [];
        copy.NewLogs = [];
        copy.FollowUps = [];
        copy.Changed = false;
        copy.IsFromMemory = false;
        copy.ClearsOutcome = false;
        return copy;
    }
}

/// <summary>One captured log line of one attempt.</summary>
/// <param name="Line">Position in the attempt, from 1; 0 when its worker does not count.</param>
/// <param name="Fields">JSON text of <see cref="AttemptLogLine.Fields"/>.</param>
public sealed record JobLogLine(Guid JobId, int Attempt, DateTimeOffset At, string Level, string Message, int Line = 0, string? Fields = null);
