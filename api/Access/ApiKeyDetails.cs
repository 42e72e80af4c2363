using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>An API key, without the key.</summary>
[Schema("ApiKey")]
public record ApiKeyDetails
{
    /// <summary>Id of the record; not the key.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The owner whose jobs and schedules the key reaches.</summary>
    public required string Owner { get; init; }

    /// <summary>What the key may do beyond its owner's jobs.</summary>
    [Words("view_jobs", "manage_jobs", "run_jobs", "admin")]
    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>Names of the queues whose jobs a worker with the key may run; empty for all.</summary>
    public required IReadOnlyList<string> Queues { get; init; }

    /// <summary>Names of the tasks whose jobs a worker with the key may run; empty for all.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>How the key begins, to recognise it.</summary>
    public required string Prefix { get; init; }

    /// <summary>When it was issued.</summary>
    [JsonPropertyOrder(2)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who issued it.</summary>
    [JsonPropertyOrder(2)]
    public required string CreatedBy { get; init; }

    /// <summary>When it stops working; null if it does not expire.</summary>
    [JsonPropertyOrder(2)]
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was used last; null if never.</summary>
    [JsonPropertyOrder(2)]
    public required DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>When it was revoked; null if it was not.</summary>
    [JsonPropertyOrder(2)]
    public required DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>An API key, with the key: it is shown once.</summary>
public sealed record IssuedApiKey : ApiKeyDetails
{
    /// <summary>The key. Only its hash is kept.</summary>
    [JsonPropertyOrder(1)]
    public required string Key { get; init; }
}

/// <summary>Body of <c>POST /api-keys</c>.</summary>
[Schema("ApiKeyRequest")]
public sealed record CreateApiKeyRequest
{
    /// <summary>Name for people: 1 to 128 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The owner whose jobs and schedules the key reaches; the name unless given.</summary>
    public string? Owner { get; init; }

    /// <summary>What the key may do beyond its owner's jobs; nothing unless given.</summary>
    [Words("view_jobs", "manage_jobs", "run_jobs", "admin")]
    public IReadOnlyList<string>? Permissions { get; init; }

    /// <summary>With <c>run_jobs</c>: names of the queues whose jobs a worker with the key may run; all unless given.</summary>
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>With <c>run_jobs</c>: names of the tasks whose jobs a worker with the key may run; all unless given.</summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>Seconds until it stops working. One of <see cref="ExpiresIn"/> and <see cref="ExpiresAt"/>; it does not expire unless given.</summary>
    public double? ExpiresIn { get; init; }

    /// <summary>When it stops working.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Who is calling, and what the caller may do.</summary>
[Schema("Me")]
public sealed record CallerIdentity
{
    /// <summary>The owner of the caller's own jobs and schedules.</summary>
    public required string Owner { get; init; }

    /// <summary>Every word that the caller's permission includes.</summary>
    [Words("view_jobs", "manage_jobs", "run_jobs", "admin")]
    public required IReadOnlyList<string> Permissions { get; init; }
}
