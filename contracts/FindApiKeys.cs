using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Asks JobApi which of these API keys are valid. Answered with <see cref="ApiKeysFound"/>. The keys themselves are never on the bus.
/// </summary>
public sealed record FindApiKeys
{
    /// <summary>SHA-256 of each key, in lower case hexadecimal digits.</summary>
    [JsonPropertyName("hashes")]
    public required IReadOnlyList<string> Hashes { get; init; }
}

/// <summary>The keys among those asked for that are valid at the moment.</summary>
public sealed record ApiKeysFound
{
    /// <summary>Keys that are missing here were never issued, have expired, or were revoked.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<FoundApiKey> Items { get; init; }
}

/// <summary>One valid API key.</summary>
public sealed record FoundApiKey
{
    /// <summary>SHA-256 of the key, as it was asked for.</summary>
    [JsonPropertyName("hash")]
    public required string Hash { get; init; }

    /// <summary>Whose jobs and schedules are the caller's own.</summary>
    [JsonPropertyName("owner")]
    public required string Owner { get; init; }

    /// <summary>What the caller may do beyond that: <c>view_jobs</c>, <c>manage_jobs</c>, <c>run_jobs</c>, <c>admin</c>.</summary>
    [JsonPropertyName("permissions")]
    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>From then on the key is not valid; null when it does not expire.</summary>
    [JsonPropertyName("expires_at")]
    public DateTimeOffset? ExpiresAt { get; init; }
}
