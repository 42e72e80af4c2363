namespace JobSystem.Api;

/// <summary>A schedule: when, and what job to submit.</summary>
public sealed record Schedule
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name for people.</summary>
    public required string Name { get; init; }

    /// <summary>Description for people.</summary>
    public required string? Description { get; init; }

    /// <summary>Whether it runs; <c>completed</c> if it has no run left.</summary>
    [Words(typeof(ScheduleStatuses))]
    public required string Status { get; init; }

    /// <summary>The caller that created it.</summary>
    public required string Owner { get; init; }

    /// <summary>Cron expression; null if it runs by interval or once.</summary>
    public required string? CronExpression { get; init; }

    /// <summary>Time between two runs; null if it runs by cron expression or once.</summary>
    public required ScheduleInterval? Interval { get; init; }

    /// <summary>The one time at which it runs; null if it runs by cron expression or interval.</summary>
    public required DateTimeOffset? RunAt { get; init; }

    /// <summary>IANA name of the time zone of the cron expression.</summary>
    public required string Timezone { get; init; }

    /// <summary>No run before this time.</summary>
    public required DateTimeOffset? StartAt { get; init; }

    /// <summary>No run after this time.</summary>
    public required DateTimeOffset? EndAt { get; init; }

    /// <summary>What happens to runs that were missed.</summary>
    [Words(typeof(MisfirePolicyWords))]
    public required string MisfirePolicy { get; init; }

    /// <summary>What happens when a run is due while the job of an earlier one has not ended.</summary>
    [Words(typeof(OverlapPolicyWords))]
    public required string OverlapPolicy { get; init; }

    /// <summary>Seconds by which a run may be late, at random.</summary>
    public required double Jitter { get; init; }

    /// <summary>Task of its jobs.</summary>
    public required string TaskName { get; init; }

    /// <summary>Arguments by position: a JSON array.</summary>
    public required RawJson Args { get; init; }

    /// <summary>Arguments by name: a JSON object.</summary>
    public required RawJson Kwargs { get; init; }

    /// <summary>Queue of its jobs; null for the task's own.</summary>
    public required string? QueueName { get; init; }

    /// <summary>Priority of its jobs.</summary>
    [Words(typeof(Priorities))]
    public required string Priority { get; init; }

    /// <summary>Tags of its jobs.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Metadata of its jobs: a JSON object.</summary>
    public required RawJson Metadata { get; init; }

    /// <summary>Most retries of a job; null for the task's own.</summary>
    public required int? MaxRetries { get; init; }

    /// <summary>Seconds before the first retry; null for the task's own.</summary>
    public required double? RetryDelay { get; init; }

    /// <summary>Seconds that an attempt may take; null for the task's own.</summary>
    public required double? Timeout { get; init; }

    /// <summary>Version of the task; null for the newest.</summary>
    public required string? Version { get; init; }

    /// <summary>The last run.</summary>
    public required DateTimeOffset? LastRunAt { get; init; }

    /// <summary>The next run; null if there is none, or if it is paused.</summary>
    public required DateTimeOffset? NextRunAt { get; init; }

    /// <summary>Id of its last job.</summary>
    public required string? LastJobId { get; init; }

    /// <summary>Final status of the last of its jobs that ended.</summary>
    public required string? LastOutcome { get; init; }

    /// <summary>When that job ended.</summary>
    public required DateTimeOffset? LastOutcomeAt { get; init; }

    /// <summary>Runs that became jobs.</summary>
    public required long RunCount { get; init; }

    /// <summary>Runs that were missed.</summary>
    public required long MissedCount { get; init; }

    /// <summary>Runs that were skipped because an earlier job had not ended.</summary>
    public required long SkippedCount { get; init; }

    /// <summary>Counts the changes, from 1.</summary>
    public required int Revision { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Path of its jobs.</summary>
    public required string JobsUrl { get; init; }
}

/// <summary>A length of time; a day is 24 hours.</summary>
[Schema("Interval")]
public sealed record ScheduleInterval
{
    /// <summary>Days.</summary>
    public required long Days { get; init; }

    /// <summary>Hours.</summary>
    public required long Hours { get; init; }

    /// <summary>Minutes.</summary>
    public required long Minutes { get; init; }

    /// <summary>Seconds.</summary>
    public required long Seconds { get; init; }
}

/// <summary>The words for whether a schedule runs.</summary>
public static class ScheduleStatuses
{
    /// <summary>It runs.</summary>
    public const string Active = "active";

    /// <summary>It does not run until it is resumed.</summary>
    public const string Paused = "paused";

    /// <summary>It has no run left.</summary>
    public const string Completed = "completed";
}

/// <summary>The words for what happens to runs that were missed while no scheduler worked.</summary>
public static class MisfirePolicyWords
{
    /// <summary>One run replaces all that were missed. The default.</summary>
    public const string FireOnce = "fire_once";

    /// <summary>Missed runs are left out.</summary>
    public const string Skip = "skip";

    /// <summary>Each missed run is made, at most 100.</summary>
    public const string FireAll = "fire_all";
}

/// <summary>The words for what happens when a run is due while the job of an earlier one has not ended.</summary>
public static class OverlapPolicyWords
{
    /// <summary>The run is made. The default.</summary>
    public const string Allow = "allow";

    /// <summary>The run is skipped.</summary>
    public const string Skip = "skip";

    /// <summary>The earlier job is cancelled, and the run is made.</summary>
    public const string CancelRunning = "cancel_running";
}
