using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Jobs of schedules whose time has come, many in one message. Sent by the Scheduler only, to <see cref="BusAddresses.ScheduledJobs"/>;
/// unlike <see cref="SubmitJob"/> from elsewhere it may say whose jobs they are. Answered with <see cref="ScheduledJobsTaken"/>. The id of
/// each job follows from its schedule and tick, so that sending it again makes no second job.
/// </summary>
public sealed record SubmitScheduledJobs
{
    /// <summary>The jobs.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<ScheduledJob> Items { get; init; }
}

/// <summary>One job of a schedule.</summary>
public sealed record ScheduledJob
{
    /// <summary>Id of the schedule.</summary>
    [JsonPropertyName("schedule_id")]
    public required string ScheduleId { get; init; }

    /// <summary>Who created the schedule: the owner of the job.</summary>
    [JsonPropertyName("owner")]
    public required string Owner { get; init; }

    /// <summary>The job; its <c>job_id</c> is set, its <c>scheduled_at</c> is the tick.</summary>
    [JsonPropertyName("job")]
    public required SubmitJob Job { get; init; }
}

/// <summary>
/// What became of the jobs of one <see cref="SubmitScheduledJobs"/>: they are durable, or refused for good. A job that is not named was
/// neither; send it again.
/// </summary>
public sealed record ScheduledJobsTaken
{
    /// <summary>In any order.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<ScheduledJobTaken> Items { get; init; }
}

/// <summary>What became of one scheduled job.</summary>
public sealed record ScheduledJobTaken
{
    /// <summary>Id of the job.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>Why it was refused, as a stable slug; nothing when it is durable.</summary>
    [JsonPropertyName("code")]
    public string? Code { get; init; }

    /// <summary>Why it was refused, in words.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }
}
