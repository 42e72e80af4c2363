using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>Body of <c>POST /worker-sessions</c>: a worker that runs jobs over HTTP.</summary>
public sealed record CreateWorkerSessionRequest
{
    /// <summary>Name, which stays the same when the worker is started again.</summary>
    public required string Name { get; init; }

    /// <summary>Host name; empty unless given.</summary>
    public string? Host { get; init; }

    /// <summary>Version of the program; empty unless given.</summary>
    public string? Version { get; init; }

    /// <summary>The queues that it serves; all unless given.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>Jobs that it runs at once.</summary>
    public required int Slots { get; init; }

    /// <summary>The tasks that it runs.</summary>
    public required IReadOnlyList<OfferedTask> Tasks { get; init; }
}

/// <summary>A task that a worker runs, and the defaults of its jobs.</summary>
public sealed record OfferedTask
{
    /// <summary>Name, as jobs ask for it.</summary>
    public required string Name { get; init; }

    /// <summary>Version; <c>1.0</c> unless given.</summary>
    public string? Version { get; init; }

    /// <summary>What it does, for people.</summary>
    public string? Description { get; init; }

    /// <summary>Queue of jobs that name none; <c>default</c> unless given.</summary>
    public string? Queue { get; init; }

    /// <summary>Retries of jobs that say nothing of them.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Seconds before the first retry of jobs that say nothing of it.</summary>
    public double? RetryDelay { get; init; }

    /// <summary>Seconds that an attempt of jobs that say nothing of it may run.</summary>
    public double? Timeout { get; init; }

    /// <summary>True if it occupies no thread while it waits; shown to people. True unless given.</summary>
    public bool? IsAsync { get; init; }

    /// <summary>JSON Schema of its arguments, an object; jobs are checked against it when they are submitted.</summary>
    public RawJson? Parameters { get; init; }
}

/// <summary>A session of a worker.</summary>
public sealed record WorkerSession
{
    /// <summary>Id of the session, and of the worker.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the worker.</summary>
    public required string Name { get; init; }

    /// <summary>The queues that it serves; empty for all.</summary>
    public required IReadOnlyList<string> Queues { get; init; }

    /// <summary>Seconds that an attempt stays the worker's without a heartbeat.</summary>
    public required double Lease { get; init; }

    /// <summary>Seconds between heartbeats that are sensible.</summary>
    public required double HeartbeatInterval { get; init; }

    /// <summary>The server's time, as in <see cref="ClaimedAttempt.GrantedAt"/>.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Body of <c>POST /worker-sessions/{id}/claims</c>.</summary>
public sealed record ClaimAttemptsRequest
{
    /// <summary>The most attempts to answer with.</summary>
    public required int Count { get; init; }

    /// <summary>Seconds to wait for the first attempt; 30 unless given.</summary>
    public double? Wait { get; init; }
}

/// <summary>Attempts to run now.</summary>
public sealed record ClaimedAttempts
{
    /// <summary>The attempts; empty if no jobs waited.</summary>
    public required IReadOnlyList<ClaimedAttempt> Attempts { get; init; }
}

/// <summary>One attempt to run, with everything that its task needs.</summary>
public sealed record ClaimedAttempt
{
    /// <summary>Id of the job.</summary>
    public required Guid JobId { get; init; }

    /// <summary>The id that the submitter gave to the job; null if it gave none.</summary>
    public required string? Key { get; init; }

    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Goes with every report of the attempt.</summary>
    public required string Secret { get; init; }

    /// <summary>Name of the task.</summary>
    public required string TaskName { get; init; }

    /// <summary>Version of the task that the job asks for; null for any.</summary>
    public required string? Version { get; init; }

    /// <summary>Queue that the job waited in.</summary>
    public required string QueueName { get; init; }

    /// <summary>Priority of the job: of attempts that wait in a worker, the highest starts first.</summary>
    [Words("low", "normal", "high", "critical")]
    public required string Priority { get; init; }

    /// <summary>When the job became ready: of attempts with the same priority, the first starts first.</summary>
    public required DateTimeOffset ReadyAt { get; init; }

    /// <summary>Positional arguments: an array.</summary>
    public required RawJson Args { get; init; }

    /// <summary>Named arguments: an object.</summary>
    public required RawJson Kwargs { get; init; }

    /// <summary>What the submitter keeps with the job: an object.</summary>
    public required RawJson Metadata { get; init; }

    /// <summary>Seconds that the attempt may run.</summary>
    public required double Timeout { get; init; }

    /// <summary>Retries of the job.</summary>
    public required int MaxRetries { get; init; }

    /// <summary>Retries that it has used.</summary>
    public required int RetryCount { get; init; }

    /// <summary>
    /// How many attempts in a row ended with the death of their worker. If it is not 0, the task starts only after its <c>started</c> report was answered.
    /// </summary>
    public required int LostCount { get; init; }

    /// <summary>Owner of the job.</summary>
    public required string Owner { get; init; }

    /// <summary>When the job was submitted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The server's time when the attempt was granted: the times of its reports are this and what has passed since.</summary>
    public required DateTimeOffset GrantedAt { get; init; }

    /// <summary>The server's time when its lease ends, unless a heartbeat renews it before.</summary>
    public required DateTimeOffset LeaseUntil { get; init; }

    /// <summary>W3C trace context of the submission; null if it had none.</summary>
    public required string? Traceparent { get; init; }

    /// <summary>Tags of the job; absent if it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Earliest start of the job; absent if it could start at once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>The schedule of which the job is a run; absent for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScheduleId { get; init; }

    /// <summary>The job that this one belongs to: its broadcast, what it was cloned from, or the job that it follows. Absent for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ParentId { get; init; }

    /// <summary>The key with which the job was submitted; absent for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IdempotencyKey { get; init; }
}

/// <summary>Body of <c>POST /worker-sessions/{id}/reports</c>.</summary>
public sealed record ReportAttemptsRequest
{
    /// <summary>What happened, those of one attempt in order.</summary>
    public required IReadOnlyList<ReportedStep> Reports { get; init; }
}

/// <summary>One step of an attempt.</summary>
public sealed record ReportedStep
{
    /// <summary>Id of the job.</summary>
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>The attempt's <see cref="ClaimedAttempt.Secret"/>.</summary>
    public required string Secret { get; init; }

    /// <summary>What happened.</summary>
    [Words("started", "progress", "completed", "failed", "timed_out", "cancelled", "snoozed", "released")]
    public required string Step { get; init; }

    /// <summary>When the task started; now unless given.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the attempt ended; now unless given.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Of <c>completed</c>: any JSON; null unless given.</summary>
    public RawJson? Result { get; init; }

    /// <summary>Of <c>failed</c>, <c>timed_out</c> and <c>cancelled</c>: why.</summary>
    public ReportedError? Error { get; init; }

    /// <summary>Of <c>failed</c>: seconds before the next attempt, instead of the job's own. Of <c>snoozed</c>: seconds until it runs again.</summary>
    public double? RetryAfter { get; init; }

    /// <summary>Of <c>failed</c>: false if another attempt would not help; true unless given.</summary>
    public bool? Retryable { get; init; }

    /// <summary>Percent that are done: 0 to 100.</summary>
    public double? Progress { get; init; }

    /// <summary>A text with the progress: at most 1,000 characters.</summary>
    public string? Message { get; init; }

    /// <summary>Log lines since the last report.</summary>
    public IReadOnlyList<ReportedLine>? Logs { get; init; }

    /// <summary>
    /// Of <c>completed</c>: jobs that are inserted in the commit that completes the job, at most 1,000. If one of them is refused, the attempt has failed.
    /// </summary>
    public IReadOnlyList<CreateJobRequest>? FollowUps { get; init; }

    /// <summary>W3C trace context of the attempt, for its follow-up jobs; that of the job unless given.</summary>
    public string? Traceparent { get; init; }
}

/// <summary>Why an attempt did not complete.</summary>
public sealed record ReportedError
{
    /// <summary>Type of the exception or class of errors: failures are grouped by it.</summary>
    public required string Type { get; init; }

    /// <summary>What went wrong.</summary>
    public required string Message { get; init; }

    /// <summary>Stack trace.</summary>
    public string? Stack { get; init; }
}

/// <summary>A log line of a task.</summary>
public sealed record ReportedLine
{
    /// <summary>When it was written; now unless given.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Its level; <c>information</c> unless given.</summary>
    [Words("trace", "debug", "information", "warning", "error", "critical")]
    public string? Level { get; init; }

    /// <summary>Its text.</summary>
    public required string Message { get; init; }

    /// <summary>Position among the lines of the attempt, from 1; in the order of arrival unless given.</summary>
    public int? Line { get; init; }

    /// <summary>Structured values and scopes, an object.</summary>
    public RawJson? Fields { get; init; }
}

/// <summary>What became of reports.</summary>
public sealed record ReportsAnswer
{
    /// <summary>Reports that changed nothing. The others are stored.</summary>
    public required IReadOnlyList<RefusedReport> Refused { get; init; }
}

/// <summary>A report that changed nothing.</summary>
public sealed record RefusedReport
{
    /// <summary>Id of the job.</summary>
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>What was reported.</summary>
    public required string Step { get; init; }

    /// <summary>
    /// <c>stale_attempt</c>: the attempt is not the worker's any more, or the report was repeated. <c>wrong_secret</c>. <c>job_not_found</c>.
    /// </summary>
    public required string Code { get; init; }
}

/// <summary>Body of <c>POST /worker-sessions/{id}/jobs</c>: a task enqueues a job while its attempt runs.</summary>
public sealed record EnqueueFromAttemptRequest
{
    /// <summary>Id of the job whose task enqueues another one: its parent, which gives it its owner.</summary>
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>The attempt's <see cref="ClaimedAttempt.Secret"/>.</summary>
    public required string Secret { get; init; }

    /// <summary>The job to enqueue. With an idempotency key the request can be repeated.</summary>
    public required CreateJobRequest Job { get; init; }

    /// <summary>W3C trace context of the attempt, for the job; that of its parent unless given.</summary>
    public string? Traceparent { get; init; }
}

/// <summary>A job that a task has enqueued.</summary>
public sealed record EnqueuedJob
{
    /// <summary>Id of the job.</summary>
    public required string JobId { get; init; }

    /// <summary>True if it was there already, from an earlier request with the same idempotency key.</summary>
    public required bool Duplicate { get; init; }
}

/// <summary>Body of <c>POST /worker-sessions/{id}/heartbeat</c>.</summary>
public sealed record SessionHeartbeatRequest
{
    /// <summary>What the worker does; <c>running</c> unless given.</summary>
    [Words("running", "paused", "draining")]
    public string? Status { get; init; }

    /// <summary>The attempts that it holds: their leases are renewed.</summary>
    public required IReadOnlyList<SessionAttempt> Attempts { get; init; }

    /// <summary>Attempts that ended since its start.</summary>
    public long? Processed { get; init; }

    /// <summary>Attempts that failed or timed out.</summary>
    public long? Failed { get; init; }

    /// <summary>Seconds to wait for news if there are none; 0 unless given. Leases are renewed at once.</summary>
    public double? Wait { get; init; }

    /// <summary>Answers to commands of earlier heartbeats.</summary>
    public IReadOnlyList<SessionCommandOutcome>? Outcomes { get; init; }
}

/// <summary>An attempt that a worker holds.</summary>
public sealed record SessionAttempt
{
    /// <summary>Id of the job.</summary>
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }
}

/// <summary>What a worker did with a command.</summary>
public sealed record SessionCommandOutcome
{
    /// <summary>Id of the command.</summary>
    public required Guid Id { get; init; }

    /// <summary>False if it does not carry it out; true unless given.</summary>
    public bool? Accepted { get; init; }

    /// <summary>Why not, or anything else for people.</summary>
    public string? Message { get; init; }
}

/// <summary>What a worker has to know.</summary>
public sealed record SessionNews
{
    /// <summary>The server's time when it renewed the leases.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Seconds that the leases hold from then on.</summary>
    public required double Lease { get; init; }

    /// <summary>Attempts to stop, because somebody has cancelled their jobs.</summary>
    public required IReadOnlyList<AttemptNotice> Cancel { get; init; }

    /// <summary>Attempts that are not the worker's any more: stop them and report nothing.</summary>
    public required IReadOnlyList<AttemptNotice> Lost { get; init; }

    /// <summary>Commands to carry out.</summary>
    public required IReadOnlyList<SessionCommand> Commands { get; init; }
}

/// <summary>An attempt that a worker has to stop.</summary>
public sealed record AttemptNotice
{
    /// <summary>Id of the job.</summary>
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>Why.</summary>
    public required string? Reason { get; init; }
}

/// <summary>A command to a worker. The next heartbeat says what became of it.</summary>
public sealed record SessionCommand
{
    /// <summary>Id of the command.</summary>
    public required Guid Id { get; init; }

    /// <summary>The command.</summary>
    [Words("ping", "status", "pause", "resume", "reload", "shutdown")]
    public required string Command { get; init; }

    /// <summary>Of a shutdown: true to let running attempts end, false to release them at once.</summary>
    public required bool Graceful { get; init; }

    /// <summary>An object from the sender; null for none.</summary>
    public required RawJson? Data { get; init; }
}
