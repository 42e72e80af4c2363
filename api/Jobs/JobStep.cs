namespace JobSystem.Api;

/// <summary>An entry of a job's history.</summary>
[Schema("JobEvent")]
public sealed record JobStep
{
    /// <summary>What happened.</summary>
    [Words(typeof(JobStepWords))]
    public required string Event { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The attempt that it belongs to; 0 before the first, null for the course of the progress.</summary>
    public required int? Attempt { get; init; }

    /// <summary>The worker, where one was involved.</summary>
    public required string? WorkerId { get; init; }

    /// <summary>What belongs to this kind of step: a JSON object, or null.</summary>
    public required RawJson? Details { get; init; }
}

/// <summary>The steps of a job and the course of its progress, oldest first.</summary>
[Schema("JobEventPage")]
public sealed record JobStepPage
{
    /// <summary>The steps.</summary>
    public required IReadOnlyList<JobStep> Items { get; init; }

    /// <summary>How many steps the job has.</summary>
    public required int Total { get; init; }

    /// <summary>True if older steps were dropped.</summary>
    public required bool Truncated { get; init; }
}

/// <summary>The words for what happens to a job.</summary>
public static class JobStepWords
{
    /// <summary>It was submitted.</summary>
    public const string Created = "created";

    /// <summary>It became ready later than at its submission: its time came, or another attempt follows.</summary>
    public const string Dispatched = "dispatched";

    /// <summary>It was reserved for a worker that asked for attempts.</summary>
    public const string Reserved = "reserved";

    /// <summary>An attempt started.</summary>
    public const string Running = "running";

    /// <summary>The task reported progress.</summary>
    public const string Progress = "progress";

    /// <summary>An attempt failed, and another one follows.</summary>
    public const string Retrying = "retrying";

    /// <summary>It completed.</summary>
    public const string Completed = "completed";

    /// <summary>It failed for good.</summary>
    public const string Failed = "failed";

    /// <summary>It exceeded its time limit for good.</summary>
    public const string Timeout = "timeout";

    /// <summary>It was cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>It expired.</summary>
    public const string Expired = "expired";

    /// <summary>It was asked to stop.</summary>
    public const string CancelRequested = "cancel_requested";

    /// <summary>Its worker vanished.</summary>
    public const string LeaseLost = "lease_lost";

    /// <summary>A report of an older attempt, or one that came too late, was refused.</summary>
    public const string ReportRefused = "report_refused";

    /// <summary>It was retried on request.</summary>
    public const string RetryRequested = "retry_requested";

    /// <summary>It was completed by hand.</summary>
    public const string ForceCompleted = "force_completed";
}
