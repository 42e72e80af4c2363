namespace JobSystem.Scheduler.Storage;

/// <summary>One run of a schedule. It is written before its job is submitted; (schedule, tick) is unique.</summary>
public sealed class RunRow
{
    public Guid ScheduleId { get; set; }
    public DateTimeOffset Tick { get; set; }
    public string JobId { get; set; } = "";
    public DateTimeOffset FiredAt { get; set; }

    /// <summary>When it was last handed to the bus. Until the answer is there, or too late, it is in flight.</summary>
    public DateTimeOffset SentAt { get; set; }

    /// <summary>When JobApi confirmed that the job is durable.</summary>
    public DateTimeOffset? SubmittedAt { get; set; }

    /// <summary>Null while it is open; a final job status, or one of <see cref="RunOutcome"/>.</summary>
    public string? Outcome { get; set; }
    public DateTimeOffset? OutcomeAt { get; set; }
    public string? Reason { get; set; }

    /// <summary>When JobApi was last asked about it.</summary>
    public DateTimeOffset? AskedAt { get; set; }
}

/// <summary>Ends of runs that no job has.</summary>
static class RunOutcome
{
    /// <summary>JobApi refused the job for good.</summary>
    public const string Rejected = "rejected";

    /// <summary>Paused or deleted before the job was submitted.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>The job is gone: deleted before its end was heard of.</summary>
    public const string Unknown = "unknown";
}
