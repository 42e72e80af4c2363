namespace JobSystem.Scheduler.Storage;

/// <summary>One run of a schedule. It is written before its job is submitted; (schedule, tick) is unique.</summary>
public sealed class RunRow
{
    public Guid ScheduleId { get; set; }
    public DateTimeOffset Tick { get; set; }
    public string JobId { get; set; } = "";
    public DateTimeOffset FiredAt { get; set; }

    /// <summary>When it was last sent. It is in flight until its response or timeout.</summary>
    public DateTimeOffset SentAt { get; set; }

    /// <summary>When JobApi confirmed the insert of the job.</summary>
    public DateTimeOffset? SubmittedAt { get; set; }

    /// <summary>Null while it is open; a final job status, or one of <see cref="RunOutcome"/>.</summary>
    public string? Outcome { get; set; }
    public DateTimeOffset? OutcomeAt { get; set; }
    public string? Reason { get; set; }

    /// <summary>When JobApi was last asked for its state.</summary>
    public DateTimeOffset? AskedAt { get; set; }
}

/// <summary>Outcomes of runs without a job.</summary>
static class RunOutcome
{
    /// <summary>JobApi refused the job for good.</summary>
    public const string Rejected = "rejected";

    /// <summary>Paused or deleted before the job was submitted.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>The job was deleted before its end was reported.</summary>
    public const string Unknown = "unknown";
}
