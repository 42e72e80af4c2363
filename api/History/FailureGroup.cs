namespace JobSystem.Api;

/// <summary>Jobs of one task that are failed or timed out now, with the same error at the same place.</summary>
[Schema("FailureGroup", Page = "FailurePage")]
public sealed record FailureGroup
{
    /// <summary>Identifies the group: 16 hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The task.</summary>
    public required string TaskName { get; init; }

    /// <summary>Kind of the error.</summary>
    public required string ErrorType { get; init; }

    /// <summary>Message of the job that failed last.</summary>
    public required string? Message { get; init; }

    /// <summary>Where it was thrown, innermost frame first; at most 3.</summary>
    public required IReadOnlyList<string> Frames { get; init; }

    /// <summary>How many jobs.</summary>
    public required long Count { get; init; }

    /// <summary>When the first of them failed.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When the last of them failed.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>Id of the job that failed last.</summary>
    public required string LastJobId { get; init; }

    /// <summary>How many failed in each of the last 24 hours, oldest first; the last one has only begun.</summary>
    public required IReadOnlyList<long> Trend { get; init; }
}
