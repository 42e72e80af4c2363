using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>How many jobs a bulk call matched, and what became of them.</summary>
public sealed record BulkAnswer
{
    /// <summary>Jobs that match.</summary>
    public required long Matched { get; init; }

    /// <summary>Of a bulk cancel: jobs that were cancelled, or would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Cancelled { get; init; }

    /// <summary>Of a bulk retry: jobs that were retried, or would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Retried { get; init; }

    /// <summary>Of a bulk delete: jobs that were deleted, or would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Deleted { get; init; }

    /// <summary>Jobs with a status in which it cannot be done.</summary>
    public required long Skipped { get; init; }

    /// <summary>True if nothing was done but counting.</summary>
    public required bool DryRun { get; init; }

    /// <summary>False if it goes on after the response.</summary>
    public required bool Finished { get; init; }

    /// <summary>Jobs of a list of ids to which it could not be done.</summary>
    public required IReadOnlyList<BulkError> Errors { get; init; }

    /// <summary>Jobs to which it was done.</summary>
    [JsonIgnore]
    public long Done => (Cancelled ?? 0) + (Retried ?? 0) + (Deleted ?? 0);
}

/// <summary>A job to which a bulk call could not be applied.</summary>
public sealed record BulkError
{
    /// <summary>Id of the job.</summary>
    public required string Id { get; init; }

    /// <summary>Why, for programs.</summary>
    public required string Code { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Detail { get; init; }
}

/// <summary>How many jobs were removed.</summary>
public sealed record CleanUpAnswer
{
    /// <summary>Jobs that were removed.</summary>
    public required long Deleted { get; init; }

    /// <summary>False if it goes on after the response.</summary>
    public required bool Finished { get; init; }
}
