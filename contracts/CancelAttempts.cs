using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>Asks an executor to stop attempts. Each task's cancellation token fires; the attempt's end decides.</summary>
public sealed record CancelAttempts
{
    /// <summary>The attempts.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<AttemptControl> Items { get; init; }
}

/// <summary>
/// Tells an executor that attempts are no longer its own (lease lost, written off, or never known): stop them and report nothing.
/// </summary>
public sealed record RevokeAttempts
{
    /// <summary>The attempts.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<AttemptControl> Items { get; init; }
}

/// <summary>One attempt that a control message is about.</summary>
public sealed record AttemptControl
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>The attempt.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>Why.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }
}
