namespace JobSystem.Api;

/// <summary>A job.</summary>
public sealed record Job
{
    /// <summary>A UUID, or the id that the caller chose (<c>job_id</c>).</summary>
    public required string Id { get; init; }

    /// <summary>Name of the task that the job runs.</summary>
    public required string TaskName { get; init; }

    /// <summary>Arguments by position: a JSON array.</summary>
    public required RawJson Args { get; init; }

    /// <summary>Arguments by name: a JSON object.</summary>
    public required RawJson Kwargs { get; init; }

    /// <summary>The queue in which it waits.</summary>
    public required string QueueName { get; init; }

    /// <summary>Which of the waiting jobs of a queue runs first.</summary>
    [Words(typeof(Priorities))]
    public required string Priority { get; init; }

    /// <summary>Where it is in its life.</summary>
    [Words(typeof(JobStatuses))]
    public required string Status { get; init; }

    /// <summary>It does not start before this time; null for at once.</summary>
    public required DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Start of the last attempt; null before the first.</summary>
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it reached its final status, whichever; null before.</summary>
    public required DateTimeOffset? CompletedAt { get; init; }

    /// <summary>What the task returned: any JSON, null before it completed.</summary>
    public required RawJson Result { get; init; }

    /// <summary>Why the last attempt failed; null if none has.</summary>
    public required JobError? Error { get; init; }

    /// <summary>Retries so far.</summary>
    public required int RetryCount { get; init; }

    /// <summary>Most retries: it has one attempt more.</summary>
    public required int MaxRetries { get; init; }

    /// <summary>Seconds before the first retry; each further one waits twice as long.</summary>
    public required double RetryDelay { get; init; }

    /// <summary>Tags, by which jobs are found.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>What the caller wanted to keep with it: a JSON object.</summary>
    public required RawJson Metadata { get; init; }

    /// <summary>The worker that ran it last; null before.</summary>
    public required string? WorkerId { get; init; }

    /// <summary>Seconds that an attempt may take.</summary>
    public required double Timeout { get; init; }

    /// <summary>Version of the task; null for the newest.</summary>
    public required string? Version { get; init; }

    /// <summary>Seconds from <see cref="StartedAt"/> to <see cref="CompletedAt"/>; null before.</summary>
    public required double? Duration { get; init; }

    /// <summary>Title for people.</summary>
    public required string? Title { get; init; }

    /// <summary>Description for people.</summary>
    public required string? Description { get; init; }

    /// <summary>The caller that submitted it.</summary>
    public required string Owner { get; init; }

    /// <summary>Number of the last attempt; 0 before the first.</summary>
    public required int Attempt { get; init; }

    /// <summary>Percent, from 0 to 100.</summary>
    public required double Progress { get; init; }

    /// <summary>What the task said with its progress.</summary>
    public required string? ProgressMessage { get; init; }

    /// <summary>The idempotency key that it was submitted with.</summary>
    public required string? IdempotencyKey { get; init; }

    /// <summary>It does not start after this time; null for no limit.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was asked to stop while it ran.</summary>
    public required DateTimeOffset? CancelRequestedAt { get; init; }

    /// <summary>Why it was cancelled, if a reason was given.</summary>
    public required string? CancelReason { get; init; }

    /// <summary>The job that it is a copy, a child or a follow-up of.</summary>
    public required string? ParentId { get; init; }

    /// <summary>The schedule that submitted it.</summary>
    public required string? ScheduleId { get; init; }

    /// <summary>True if it runs once on each live worker, as one child job for each.</summary>
    public required bool Broadcast { get; init; }

    /// <summary>The only worker that may run it.</summary>
    public required string? PinnedTo { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Path of its steps.</summary>
    public required string EventsUrl { get; init; }
}

/// <summary>Why an attempt failed.</summary>
public sealed record JobError
{
    /// <summary>Kind of the error; of an exception its type.</summary>
    public required string? Type { get; init; }

    /// <summary>Message of the error.</summary>
    public required string? Message { get; init; }

    /// <summary>Where it was thrown.</summary>
    public required string? Stack { get; init; }

    /// <summary>Number of the attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>When the attempt failed.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Ids of the jobs of a batch.</summary>
[Schema("JobIds")]
public sealed record CreatedJobs
{
    /// <summary>The ids, in the order of the batch.</summary>
    public required IReadOnlyList<string> Ids { get; init; }
}
