using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Asks a job to stop: a waiting one never starts, a running one is asked. Answered with <see cref="JobAccepted"/> or
/// <see cref="JobRejected"/>.
/// </summary>
public sealed record CancelJob
{
    /// <summary>Id of the job, as the API shows it.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>Why, for the people who look at it later.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }
}
