namespace JobSystem.Api;

/// <summary>Body of <c>POST /jobs/{id}/cancel</c>.</summary>
[Schema("CancelRequest")]
public sealed record CancelJobRequest
{
    /// <summary>Why; at most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>Body of <c>POST /jobs/{id}/retry</c>.</summary>
[Schema("RetryRequest")]
public sealed record RetryJobRequest
{
    /// <summary>Seconds from now; at once unless given.</summary>
    public double? Delay { get; init; }
}

/// <summary>Body of <c>POST /jobs/{id}/force-complete</c>: the result of a job whose work was done by hand.</summary>
public sealed record ForceCompleteRequest
{
    /// <summary>Any JSON of at most 256 KiB.</summary>
    public RawJson? Result { get; init; }

    /// <summary>Why; at most 500 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>Body of <c>POST /jobs/cleanup</c>: which ended jobs are removed.</summary>
public sealed record CleanUpRequest
{
    /// <summary>Jobs that ended at least so many days ago; 30 unless given.</summary>
    public int? DaysOld { get; init; }

    /// <summary>Final statuses; failed jobs are kept unless named.</summary>
    [Words(JobStatuses.Completed, JobStatuses.Failed, JobStatuses.Cancelled, JobStatuses.Timeout, JobStatuses.Expired)]
    public IReadOnlyList<string>? Statuses { get; init; }
}
