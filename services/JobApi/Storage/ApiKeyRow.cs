namespace JobSystem.JobApi.Storage;

/// <summary>An issued API key. The key itself is not stored.</summary>
public sealed class ApiKeyRow
{
    public Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>Owner of the key.</summary>
    public required string Owner { get; init; }

    /// <summary>Names, separated by spaces.</summary>
    public required string Permissions { get; init; }

    /// <summary>Names of the queues and tasks whose jobs a worker with the key may run: JSON arrays; null for all.</summary>
    public string? Queues { get; init; }
    public string? Tasks { get; init; }

    /// <summary>How the key begins, so that people can tell keys apart.</summary>
    public required string Prefix { get; init; }

    /// <summary>SHA-256 of the key, in hexadecimal digits.</summary>
    public required string Hash { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public required string CreatedBy { get; init; }

    /// <summary>Null when it does not expire.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>To the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
}
