using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Storage;

/// <summary>One run of a schedule. It is written before its job is submitted; a schedule has one run for each planned time.</summary>
public sealed class RunRow
{
    public Guid ScheduleId { get; set; }

    /// <summary>The time for which it was planned, or at which it was requested.</summary>
    public DateTimeOffset PlannedAt { get; set; }
    public string JobId { get; set; } = "";

    /// <summary>When it was decided that it fires.</summary>
    public DateTimeOffset FiredAt { get; set; }

    /// <summary>When its job was last sent. It is in flight until the response or the timeout.</summary>
    public DateTimeOffset SentAt { get; set; }

    /// <summary>When JobApi confirmed the insert of the job.</summary>
    public DateTimeOffset? SubmittedAt { get; set; }

    /// <summary>Null while the job may still run; otherwise its final status, or one of <see cref="RunOutcome"/>.</summary>
    public string? Outcome { get; set; }
    public DateTimeOffset? OutcomeAt { get; set; }
    public string? Reason { get; set; }

    /// <summary>When JobApi was last asked for the state of its job.</summary>
    public DateTimeOffset? AskedAt { get; set; }

    public static RunRow Create(Guid scheduleId, DateTimeOffset plannedAt, DateTimeOffset now) => new()
    {
        ScheduleId = scheduleId,
        PlannedAt = plannedAt,
        JobId = RunHash.JobId(scheduleId, plannedAt).ToString(),
        FiredAt = now,
        SentAt = now,
    };
}

/// <summary>Outcomes of runs without a job.</summary>
static class RunOutcome
{
    /// <summary>JobApi refused the job; it is not sent again.</summary>
    public const string Rejected = "rejected";

    /// <summary>Paused or deleted before the job was submitted.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>The job was deleted before its end was reported.</summary>
    public const string Unknown = "unknown";
}
