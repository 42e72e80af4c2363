using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>The command was carried out; it is durable.</summary>
public sealed record JobAccepted
{
    /// <summary>Id of the job.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>Its status right after the command.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>True when the job existed already under the same idempotency key.</summary>
    [JsonPropertyName("duplicate")]
    public bool Duplicate { get; init; }
}
