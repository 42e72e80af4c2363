namespace JobSystem.Api;

/// <summary>A change that somebody made, or tried to make.</summary>
[Schema("AuditEntry", Page = "AuditPage")]
public sealed record AuditRecord
{
    /// <summary>1, 2, 3, … without gaps.</summary>
    public required long Id { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The owner's name, as jobs have it.</summary>
    public required string Actor { get; init; }

    /// <summary><c>token</c>, or <c>key</c> and how the key begins.</summary>
    public required string Credential { get; init; }

    /// <summary>The surface that it came in by.</summary>
    [Words("api", "operations", "publish", "user", "bus", "system")]
    public required string Surface { get; init; }

    /// <summary>Name of the operation, or of the command on the bus.</summary>
    public required string Action { get; init; }

    /// <summary>Kind of the object, as <c>job</c>.</summary>
    public required string? ObjectType { get; init; }

    /// <summary>Id of the object.</summary>
    public required string? ObjectId { get; init; }

    /// <summary>IP address of the caller; null on the bus.</summary>
    public required string? Address { get; init; }

    /// <summary>What came of it.</summary>
    [Words("done", "refused", "failed")]
    public required string Outcome { get; init; }

    /// <summary>HTTP status of the response; null on the bus.</summary>
    public required int? Status { get; init; }

    /// <summary>Code of the problem, if it was refused.</summary>
    public required string? Code { get; init; }

    /// <summary>A JSON object of small things, such as limits before and after; never what a job works on. Null for none.</summary>
    public required RawJson? Details { get; init; }

    /// <summary>Finds the request in logs and traces.</summary>
    public required string? TraceId { get; init; }

    /// <summary><see cref="Hash"/> of the entry before this one.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>SHA-256 over the previous hash and the values of the entry.</summary>
    public required string Hash { get; init; }
}

/// <summary>Whether every entry of the audit trail is what it was.</summary>
public sealed record AuditVerdict
{
    /// <summary>True if no entry was changed or removed.</summary>
    public required bool Valid { get; init; }

    /// <summary>Entries that were verified.</summary>
    public required long Entries { get; init; }

    /// <summary>The first entry that was changed or removed; null if none was.</summary>
    public required BrokenAuditEntry? FirstBroken { get; init; }

    /// <summary>Id of the last entry that was verified.</summary>
    public required long LastId { get; init; }

    /// <summary>Hash of that entry. Kept elsewhere, it proves that the trail up to it was not rewritten.</summary>
    public required string LastHash { get; init; }
}

/// <summary>The first entry that was changed or removed.</summary>
public sealed record BrokenAuditEntry
{
    /// <summary>Id of the entry.</summary>
    public required long Id { get; init; }

    /// <summary>What is wrong with it.</summary>
    public required string Reason { get; init; }
}
