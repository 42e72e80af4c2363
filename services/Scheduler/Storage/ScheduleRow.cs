namespace JobSystem.Scheduler.Storage;

/// <summary>One schedule: when it fires, what it submits, and how far it is.</summary>
public sealed class ScheduleRow
{
    public Guid Id { get; set; }
    public string Name { get; set; } = "";
    public string? Description { get; set; }
    public string Owner { get; set; } = "";
    public string Status { get; set; } = Schedules.ScheduleStatus.Active;

    /// <summary>Number of changes by callers; not increased by firing.</summary>
    public int Revision { get; set; } = 1;
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    // When: one of the first three
    public string? CronExpression { get; set; }
    public long? IntervalSeconds { get; set; }
    public DateTimeOffset? RunAt { get; set; }
    public string Timezone { get; set; } = Timing.Zones.Utc;
    public DateTimeOffset? StartAt { get; set; }
    public DateTimeOffset? EndAt { get; set; }

    /// <summary>Anchor of intervals.</summary>
    public DateTimeOffset AnchorAt { get; set; }
    public string MisfirePolicy { get; set; } = Schedules.MisfirePolicies.FireOnce;
    public string OverlapPolicy { get; set; } = Schedules.OverlapPolicies.Allow;
    public double JitterSeconds { get; set; }

    // What: the job, as in a submission; null means the task's own default
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

    // How far
    public DateTimeOffset? NextTick { get; set; }

    /// <summary>Time of the next run including jitter; null if the schedule is paused or completed.</summary>
    public DateTimeOffset? NextDueAt { get; set; }

    /// <summary>The last decided tick; ticks up to it are never fired again.</summary>
    public DateTimeOffset? LastTick { get; set; }
    public DateTimeOffset? LastRunAt { get; set; }
    public string? LastJobId { get; set; }
    public string? LastOutcome { get; set; }
    public DateTimeOffset? LastOutcomeAt { get; set; }
    public long FiredCount { get; set; }
    public long MissedCount { get; set; }
    public long SkippedCount { get; set; }
}
