using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>The command was refused and changed nothing.</summary>
public sealed record JobRejected
{
    /// <summary>The reason in words.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }

    /// <summary>A stable slug, the same as <c>code</c> in the HTTP problem document.</summary>
    [JsonPropertyName("code")]
    public required string Code { get; init; }

    /// <summary>Id of the job that the command was about, when it named one.</summary>
    [JsonPropertyName("job_id")]
    public string? JobId { get; init; }

    /// <summary>What is wrong with each field.</summary>
    [JsonPropertyName("errors")]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
