using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Jobs of schedules reached their end. Published by JobApi after the commit, and only when there are any; a crash may lose it,
/// <see cref="AskJobStates"/> makes up for that.
/// </summary>
public sealed record ScheduledJobsEnded
{
    /// <summary>The jobs that ended.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<ScheduledJobEnded> Items { get; init; }
}

/// <summary>The end of one scheduled job.</summary>
public sealed record ScheduledJobEnded
{
    /// <summary>Id of the job.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>Id of the schedule.</summary>
    [JsonPropertyName("schedule_id")]
    public required string ScheduleId { get; init; }

    /// <summary>One of <see cref="JobStatus.Final"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>When it ended.</summary>
    [JsonPropertyName("at")]
    public required DateTimeOffset At { get; init; }
}
