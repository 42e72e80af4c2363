using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Storage;

/// <summary>One schedule: when it runs, the job that it submits, and its progress.</summary>
public sealed class ScheduleRow
{
    public Guid Id { get; set; }
    public string Name { get; set; } = "";
    public string? Description { get; set; }
    public string Owner { get; set; } = "";
    public string Status { get; set; } = ScheduleStatus.Active;

    /// <summary>Number of changes by callers; not increased by firing.</summary>
    public int Revision { get; set; } = 1;
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    // Timing: exactly one of the first three members is set
    public string? CronExpression { get; set; }
    public long? IntervalSeconds { get; set; }
    public DateTimeOffset? RunAt { get; set; }
    public string Timezone { get; set; } = Zones.Utc;
    public DateTimeOffset? StartAt { get; set; }
    public DateTimeOffset? EndAt { get; set; }

    /// <summary>Anchor of intervals.</summary>
    public DateTimeOffset AnchorAt { get; set; }
    public string MisfirePolicy { get; set; } = MisfirePolicies.FireOnce;
    public string OverlapPolicy { get; set; } = OverlapPolicies.Allow;
    public double JitterSeconds { get; set; }

    // The job, as in a submission; null means the default of the task
    public string TaskName { get; set; } = "";
    public string? TaskVersion { get; set; }
    public string? Args { get; set; }
    public string? Kwargs { get; set; }
    public string? Metadata { get; set; }
    public string[] Tags { get; set; } = [];
    public string? QueueName { get; set; }
    public string Priority { get; set; } = Contracts.Priority.Normal;
    public int? MaxRetries { get; set; }
    public double? RetryDelay { get; set; }
    public double? Timeout { get; set; }

    /// <summary>Planned time of the next run; null if the schedule is paused or completed.</summary>
    public DateTimeOffset? NextRunAt { get; set; }

    /// <summary>When the next run is due: its planned time plus jitter.</summary>
    public DateTimeOffset? NextDueAt { get; set; }

    /// <summary>Runs planned up to this time have been decided and never fire again.</summary>
    public DateTimeOffset? DecidedUntil { get; set; }
    public DateTimeOffset? LastRunAt { get; set; }
    public string? LastJobId { get; set; }
    public string? LastOutcome { get; set; }
    public DateTimeOffset? LastOutcomeAt { get; set; }
    public long RunCount { get; set; }
    public long MissedCount { get; set; }
    public long SkippedCount { get; set; }
}
