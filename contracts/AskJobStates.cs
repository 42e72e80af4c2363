using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>Asks JobApi for the states of jobs. Answered with <see cref="JobStates"/>.</summary>
public sealed record AskJobStates
{
    /// <summary>Ids of at most 1,000 jobs.</summary>
    [JsonPropertyName("job_ids")]
    public required IReadOnlyList<string> JobIds { get; init; }
}

/// <summary>The states of those jobs that exist.</summary>
public sealed record JobStates
{
    /// <summary>A job that was asked for and is not named does not exist.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<JobStateNow> Items { get; init; }
}

/// <summary>The state of one job.</summary>
public sealed record JobStateNow
{
    /// <summary>Id of the job.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>One of <see cref="JobStatus"/>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>When it ended; null if it has not.</summary>
    [JsonPropertyName("ended_at")]
    public DateTimeOffset? EndedAt { get; init; }
}
