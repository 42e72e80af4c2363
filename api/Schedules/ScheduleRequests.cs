namespace JobSystem.Api;

/// <summary>What a request can say about a schedule besides its name and task. A member that is null is not sent: the default holds.</summary>
public abstract record ScheduleSettings
{
    /// <summary>Description for people; at most 4,000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// Five fields as in crontab (0 and 7 are Sunday), six with seconds first, or <c>@daily</c> and the like. One of
    /// <see cref="CronExpression"/>, <see cref="Interval"/> and <see cref="RunAt"/>.
    /// </summary>
    public string? CronExpression { get; init; }

    /// <summary>Time between two runs.</summary>
    public IntervalRequest? Interval { get; init; }

    /// <summary>Once, at this time.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>IANA name of the time zone; <c>UTC</c> unless given.</summary>
    public string? Timezone { get; init; }

    /// <summary>No run before this time.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>No run after this time.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>What happens to runs that were missed; <c>fire_once</c> unless given.</summary>
    [Words(typeof(MisfirePolicyWords))]
    public string? MisfirePolicy { get; init; }

    /// <summary>What happens when a run is due while the job of an earlier one has not ended; <c>allow</c> unless given.</summary>
    [Words(typeof(OverlapPolicyWords))]
    public string? OverlapPolicy { get; init; }

    /// <summary>Seconds by which a run may be late, at random; 0 unless given.</summary>
    public double? Jitter { get; init; }

    /// <summary>Arguments by position: a JSON array.</summary>
    public RawJson? Args { get; init; }

    /// <summary>Arguments by name: a JSON object.</summary>
    public RawJson? Kwargs { get; init; }

    /// <summary>Queue of the jobs; the task's own unless given.</summary>
    public string? QueueName { get; init; }

    /// <summary>Priority of the jobs; <c>normal</c> unless given.</summary>
    [Words(typeof(Priorities))]
    public string? Priority { get; init; }

    /// <summary>Tags of the jobs.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Metadata of the jobs: a JSON object.</summary>
    public RawJson? Metadata { get; init; }

    /// <summary>Most retries of a job; the task's own unless given.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Seconds before the first retry; the task's own unless given.</summary>
    public double? RetryDelay { get; init; }

    /// <summary>Seconds that an attempt may take; the task's own unless given.</summary>
    public double? Timeout { get; init; }

    /// <summary>Version of the task; the newest unless given.</summary>
    public string? Version { get; init; }

    /// <summary><c>active</c> or <c>paused</c>; <c>active</c> unless given.</summary>
    [Words(ScheduleStatuses.Active, ScheduleStatuses.Paused)]
    public string? Status { get; init; }
}

/// <summary>Body of <c>POST /schedules</c>: when, and what job to submit.</summary>
[Schema("ScheduleRequest")]
public sealed record CreateScheduleRequest : ScheduleSettings
{
    /// <summary>Name for people; at most 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>A registered task.</summary>
    public required string TaskName { get; init; }
}

/// <summary>Body of <c>PUT /schedules/{id}</c>: the schedule as it is to be. Without a name, a task or a time it keeps its own.</summary>
[Schema("ScheduleChange")]
public sealed record UpdateScheduleRequest : ScheduleSettings
{
    /// <summary>Name for people; at most 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>A registered task.</summary>
    public string? TaskName { get; init; }
}

/// <summary>A length of time of more than 0 in all.</summary>
public sealed record IntervalRequest
{
    /// <summary>Days of 24 hours.</summary>
    public int? Days { get; init; }

    /// <summary>Hours.</summary>
    public int? Hours { get; init; }

    /// <summary>Minutes.</summary>
    public int? Minutes { get; init; }

    /// <summary>Seconds.</summary>
    public int? Seconds { get; init; }
}
