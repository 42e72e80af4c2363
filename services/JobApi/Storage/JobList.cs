using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>Filter of job lists. Several values of a member match any of them; several tags match all of them. Empty or null matches everything.</summary>
public sealed record JobFilter
{
    public IReadOnlyList<string> QueueNames { get; init; } = [];
    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>From 4 (critical) to 1 (low).</summary>
    public IReadOnlyList<byte> Priorities { get; init; } = [];
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? WorkerId { get; init; }
    public string? TaskName { get; init; }
    public string? Owner { get; init; }

    /// <summary>Owner whose jobs the caller may see; null for all.</summary>
    public string? OnlyOwner { get; init; }
    public string? ScheduleId { get; init; }

    /// <summary>Of the failed and timed-out jobs those that failed alike.</summary>
    public string? Fingerprint { get; init; }
    public Guid? ParentId { get; init; }
    public DateTimeOffset? CreatedAfter { get; init; }
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>True when every job fits.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool NamesNothing =>
        QueueNames.Count + Statuses.Count + Priorities.Count + Tags.Count == 0
        && (WorkerId ?? TaskName ?? Owner ?? ScheduleId ?? Fingerprint ?? Text) is null && (ParentId, CreatedAfter, CreatedBefore) is (null, null, null);

    /// <summary>Case-insensitive search text in id, task, title and error.</summary>
    public string? Text { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="OrderBy">One of <see cref="Orders"/>; equal values are ordered by id.</param>
/// <param name="After">The page begins after this job; excludes <paramref name="Offset"/>, and goes with the order by <c>created_at</c> only.</param>
public sealed record JobListRequest(JobFilter Filter, int Limit, int Offset = 0, PageEnd<Guid>? After = null, string OrderBy = "created_at", bool Descending = true)
{
    public static readonly IReadOnlyList<string> Orders =
        ["created_at", "scheduled_at", "started_at", "completed_at", "priority", "status", "task_name", "queue_name"];
}

/// <param name="Items">With result and error, without history.</param>
/// <param name="Total">How many jobs the filter fits, on all pages.</param>
public sealed record JobPage(IReadOnlyList<JobState> Items, long Total);
