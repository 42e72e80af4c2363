namespace JobSystem.Api;

/// <summary>Filters of jobs, the same as the list's. Several values: any of them, but all of the tags.</summary>
[Schema("JobFilter")]
public sealed record JobSelection
{
    /// <summary>In one of these queues.</summary>
    public IReadOnlyList<string>? QueueName { get; init; }

    /// <summary>With one of these statuses.</summary>
    [Words(typeof(JobStatuses))]
    public IReadOnlyList<string>? Status { get; init; }

    /// <summary>Of one of these priorities.</summary>
    [Words(typeof(Priorities))]
    public IReadOnlyList<string>? Priority { get; init; }

    /// <summary>With all of these tags.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>That this worker ran last.</summary>
    public string? WorkerId { get; init; }

    /// <summary>Of this task.</summary>
    public string? TaskName { get; init; }

    /// <summary>Of this owner.</summary>
    public string? Owner { get; init; }

    /// <summary>That this schedule submitted.</summary>
    public string? ScheduleId { get; init; }

    /// <summary>Children, copies or follow-up jobs of this job.</summary>
    public string? ParentId { get; init; }

    /// <summary>That failed alike: the fingerprint of a group of <c>GET /api/v1/failures</c>.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Created at this time or later.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>Created before this time.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>A text in id, task, title or error.</summary>
    public string? Q { get; init; }
}

/// <summary>Body of a bulk call: <see cref="Ids"/>, a <see cref="Filter"/> that names something, or <see cref="All"/>.</summary>
[Schema("BulkRequest")]
public record BulkJobsRequest
{
    /// <summary>Ids of 1 to 1,000 jobs.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>All jobs that match.</summary>
    public JobSelection? Filter { get; init; }

    /// <summary>True to confirm that an empty filter is meant; false unless given.</summary>
    public bool? All { get; init; }

    /// <summary>True to count and do nothing; false unless given.</summary>
    public bool? DryRun { get; init; }
}

/// <summary>Body of <c>POST /jobs/bulk/cancel</c>.</summary>
public sealed record BulkCancelRequest : BulkJobsRequest
{
    /// <summary>Why; at most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>Body of <c>POST /jobs/bulk/retry</c>.</summary>
public sealed record BulkRetryRequest : BulkJobsRequest
{
    /// <summary>Seconds from now; at once unless given.</summary>
    public double? Delay { get; init; }
}
