using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Runs a failed, timed-out, cancelled or expired job again with a fresh budget of attempts. Answered with <see cref="JobAccepted"/> or
/// <see cref="JobRejected"/>.
/// </summary>
public sealed record RetryJob
{
    /// <summary>Id of the job, as the API shows it.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>Seconds from now before it may start. Default: 0.</summary>
    [JsonPropertyName("delay")]
    public double? Delay { get; init; }
}
