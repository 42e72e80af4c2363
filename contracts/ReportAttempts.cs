using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>What happened to attempts of one executor since its last report, in order per attempt.</summary>
public sealed record ReportAttempts
{
    /// <summary>Id of the executor process.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>The steps.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<AttemptReport> Items { get; init; }
}

/// <summary>One step of one attempt.</summary>
public sealed record AttemptReport
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>The attempt: the fencing token. A report of an attempt that is no longer current is refused.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>What happened, one of <see cref="AttemptStep"/>.</summary>
    [JsonPropertyName("step")]
    public required string Step { get; init; }

    /// <summary>
    /// When the task's code began: <see cref="GrantedAttempt.GrantedAt"/> and what has passed since. One that cannot be is taken as now.
    /// </summary>
    [JsonPropertyName("started_at")]
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the attempt ended, as <see cref="StartedAt"/>.</summary>
    [JsonPropertyName("finished_at")]
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Result of a completed attempt.</summary>
    [JsonPropertyName("result")]
    public JsonElement? Result { get; init; }

    /// <summary>Error of a failed, timed-out or cancelled attempt.</summary>
    [JsonPropertyName("error")]
    public AttemptError? Error { get; init; }

    /// <summary>
    /// For <c>failed</c>: seconds before the next attempt, overriding the job's back-off. For <c>snoozed</c>: seconds before it runs again.
    /// </summary>
    [JsonPropertyName("retry_after")]
    public double? RetryAfter { get; init; }

    /// <summary>For <c>failed</c>: false when another attempt would not help. Default: true.</summary>
    [JsonPropertyName("retryable")]
    public bool? Retryable { get; init; }

    /// <summary>For <c>progress</c>: 0 to 100.</summary>
    [JsonPropertyName("progress")]
    public double? Progress { get; init; }

    /// <summary>For <c>progress</c>: a short text.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }

    /// <summary>Log lines written since the last report of this attempt.</summary>
    [JsonPropertyName("logs")]
    public IReadOnlyList<AttemptLogLine>? Logs { get; init; }

    /// <summary>
    /// For <c>completed</c>: jobs that are inserted in the commit that completes the job, each like the body of <c>POST /api/v1/jobs</c>; at most
    /// <see cref="FollowUpJobs.Most"/>. With any other step they are passed over. Default: none.
    /// </summary>
    [JsonPropertyName("follow_ups")]
    public IReadOnlyList<JsonElement>? FollowUps { get; init; }

    /// <summary>W3C trace context of the attempt, for its follow-up jobs. Default: that of the job.</summary>
    [JsonPropertyName("traceparent")]
    public string? Traceparent { get; init; }
}

/// <summary>The words of <see cref="AttemptReport.Step"/>.</summary>
public static class AttemptStep
{
    /// <summary>The task's code has begun.</summary>
    public const string Started = "started";

    /// <summary>The task reported progress, or only log lines are carried.</summary>
    public const string Progress = "progress";

    /// <summary>The task returned.</summary>
    public const string Completed = "completed";

    /// <summary>The task failed or threw.</summary>
    public const string Failed = "failed";

    /// <summary>The attempt exceeded its time limit.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The task stopped because it was asked to.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The task asked to be run again later; no retry is used up.</summary>
    public const string Snoozed = "snoozed";

    /// <summary>The executor gives the attempt back, because it cannot start it now; no retry is used up.</summary>
    public const string Released = "released";
}

/// <summary>One captured log line.</summary>
public sealed record AttemptLogLine
{
    /// <summary>When it was written, as <see cref="AttemptReport.StartedAt"/>.</summary>
    [JsonPropertyName("at")]
    public required DateTimeOffset At { get; init; }

    /// <summary><c>trace debug information warning error critical</c>.</summary>
    [JsonPropertyName("level")]
    public required string Level { get; init; }

    /// <summary>The rendered text.</summary>
    [JsonPropertyName("message")]
    public required string Message { get; init; }

    /// <summary>
    /// Position among the lines of its attempt, from 1: reports can overtake each other. Default: 0, in the order of arrival.
    /// </summary>
    [JsonPropertyName("line")]
    public int Line { get; init; }

    /// <summary>
    /// What the line has besides its text: <c>values</c>, an object of the structured values, and <c>scopes</c>, an array from the
    /// outermost scope inwards, each an object or a text. Absent for none.
    /// </summary>
    [JsonPropertyName("fields")]
    public JsonElement? Fields { get; init; }
}

/// <summary>Why an attempt did not complete.</summary>
public sealed record AttemptError
{
    /// <summary>Exception type or error class, for grouping.</summary>
    [JsonPropertyName("type")]
    public required string Type { get; init; }

    /// <summary>What went wrong, in words.</summary>
    [JsonPropertyName("message")]
    public required string Message { get; init; }

    /// <summary>Stack trace, when there is one.</summary>
    [JsonPropertyName("stack")]
    public string? Stack { get; init; }

    /// <summary>The attempt that failed.</summary>
    [JsonPropertyName("attempt")]
    public int Attempt { get; init; }

    /// <summary>When it failed.</summary>
    [JsonPropertyName("at")]
    public DateTimeOffset At { get; init; }
}
