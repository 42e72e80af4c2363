namespace JobSystem.Api;

/// <summary>What a request can say about a job besides its task. A member that is null is not sent: the task's or the system's default holds.</summary>
public abstract record JobSettings
{
    /// <summary>Arguments by position: a JSON array; with <see cref="Kwargs"/> at most 256 KiB.</summary>
    public RawJson? Args { get; init; }

    /// <summary>Arguments by name: a JSON object.</summary>
    public RawJson? Kwargs { get; init; }

    /// <summary>Queue; the task's own, or <c>default</c>, unless given.</summary>
    public string? QueueName { get; init; }

    /// <summary>Which of the waiting jobs of the queue runs first; <c>normal</c> unless given.</summary>
    [Words(typeof(Priorities))]
    public string? Priority { get; init; }

    /// <summary>The job does not start before this time. One of <see cref="ScheduledAt"/>, <see cref="RunAt"/> and <see cref="Delay"/>.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>The same as <see cref="ScheduledAt"/>.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>Seconds from now before which the job does not start.</summary>
    public double? Delay { get; init; }

    /// <summary>Most retries, from 0 to 100; the task's own unless given, 3 when the task says nothing.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Seconds before the first retry; each further one waits twice as long.</summary>
    public double? RetryDelay { get; init; }

    /// <summary>Seconds that an attempt may take.</summary>
    public double? Timeout { get; init; }

    /// <summary>At most 32 tags of at most 64 characters, without commas.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Anything else that belongs to the job: a JSON object of at most 16 KiB.</summary>
    public RawJson? Metadata { get; init; }

    /// <summary>Version of the task; the newest unless given.</summary>
    public string? Version { get; init; }

    /// <summary>An id of the caller's choice: 1 to 128 letters, digits, <c>.</c>, <c>_</c>, <c>:</c> or <c>-</c>. Words that are paths of the API are refused.</summary>
    public string? JobId { get; init; }

    /// <summary>A second request with the same key and the same body returns the first job.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Seconds after which the job is not started any more. One of <see cref="ExpiresIn"/> and <see cref="ExpiresAt"/>.</summary>
    public double? ExpiresIn { get; init; }

    /// <summary>The job is not started after this time.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Title for people; at most 200 characters.</summary>
    public string? Title { get; init; }

    /// <summary>Description for people; at most 4,000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>True to run the job once on each live worker that serves the queue; false unless given.</summary>
    public bool? Broadcast { get; init; }
}

/// <summary>Body of <c>POST /jobs</c>: what to run, when and how often.</summary>
[Schema("JobRequest")]
public record CreateJobRequest : JobSettings
{
    /// <summary>A registered task.</summary>
    public required string TaskName { get; init; }
}

/// <summary>Body of <c>POST /jobs/run-sync</c>: what to run, and how long to wait for the result.</summary>
[Schema("SyncJobRequest")]
public sealed record RunJobSyncRequest : CreateJobRequest
{
    /// <summary>Seconds to wait for the result, from 0 to 300; 60 unless given.</summary>
    public double? WaitTimeout { get; init; }
}

/// <summary>Body of <c>POST /jobs/{id}/clone</c>: what is different from the original.</summary>
[Schema("CloneRequest")]
public sealed record CloneJobRequest : JobSettings
{
    /// <summary>Another task.</summary>
    public string? TaskName { get; init; }
}

/// <summary>Body of <c>POST /jobs/batch</c>: jobs that are accepted or refused together.</summary>
[Schema("JobBatch")]
public sealed record CreateJobsRequest
{
    /// <summary>1 to 1,000 jobs.</summary>
    public required IReadOnlyList<CreateJobRequest> Jobs { get; init; }
}
