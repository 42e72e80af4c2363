namespace JobSystem.Api;

/// <summary>Counts, times and throughput of all jobs that the caller may see.</summary>
public sealed record JobStats
{
    /// <summary>All jobs.</summary>
    public required long TotalJobs { get; init; }

    /// <summary>Waiting jobs, also those that wait for a retry.</summary>
    public required long PendingJobs { get; init; }

    /// <summary>Running and reserved jobs.</summary>
    public required long RunningJobs { get; init; }

    /// <summary>Completed jobs.</summary>
    public required long CompletedJobs { get; init; }

    /// <summary>Failed jobs, also those that exceeded their time limit.</summary>
    public required long FailedJobs { get; init; }

    /// <summary>Cancelled jobs.</summary>
    public required long CancelledJobs { get; init; }

    /// <summary>Expired jobs.</summary>
    public required long ExpiredJobs { get; init; }

    /// <summary>Seconds from when a job could start to its start, on average.</summary>
    public required double AvgWaitTime { get; init; }

    /// <summary>Seconds from the start of a job to its end, on average.</summary>
    public required double AvgRunTime { get; init; }

    /// <summary>Counts by queue.</summary>
    public required IReadOnlyDictionary<string, JobCounts> ByQueue { get; init; }

    /// <summary>Jobs of each priority.</summary>
    public required CountsByPriority ByPriority { get; init; }

    /// <summary>Jobs with each status.</summary>
    public required CountsByStatus ByStatus { get; init; }

    /// <summary>Counts by task.</summary>
    public required IReadOnlyDictionary<string, JobCounts> ByTask { get; init; }

    /// <summary>Jobs that ended a short time ago.</summary>
    public required Throughput Throughput { get; init; }

    /// <summary>The time of these figures.</summary>
    public required DateTimeOffset AsOf { get; init; }
}

/// <summary>Each job is in the total and in one of the others.</summary>
public sealed record JobCounts
{
    /// <summary>All jobs.</summary>
    public required long TotalJobs { get; init; }

    /// <summary>Waiting jobs, also those that wait for a retry.</summary>
    public required long PendingJobs { get; init; }

    /// <summary>Running and reserved jobs.</summary>
    public required long RunningJobs { get; init; }

    /// <summary>Completed jobs.</summary>
    public required long CompletedJobs { get; init; }

    /// <summary>Failed jobs, also those that exceeded their time limit.</summary>
    public required long FailedJobs { get; init; }

    /// <summary>Cancelled jobs.</summary>
    public required long CancelledJobs { get; init; }

    /// <summary>Expired jobs.</summary>
    public required long ExpiredJobs { get; init; }

    /// <summary>Jobs with each status.</summary>
    public required CountsByStatus ByStatus { get; init; }
}

/// <summary>Jobs with each status.</summary>
public sealed record CountsByStatus
{
    /// <summary>Waiting jobs.</summary>
    public required long Pending { get; init; }

    /// <summary>Jobs that are reserved for a worker.</summary>
    public required long Reserved { get; init; }

    /// <summary>Jobs that run.</summary>
    public required long Running { get; init; }

    /// <summary>Jobs that wait for their next attempt.</summary>
    public required long Retrying { get; init; }

    /// <summary>Completed jobs.</summary>
    public required long Completed { get; init; }

    /// <summary>Failed jobs.</summary>
    public required long Failed { get; init; }

    /// <summary>Cancelled jobs.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Jobs that exceeded their time limit.</summary>
    public required long Timeout { get; init; }

    /// <summary>Expired jobs.</summary>
    public required long Expired { get; init; }

    /// <summary>The counts with their words, in order of life.</summary>
    public IReadOnlyList<(string Status, long Count)> ToList() =>
    [
        (JobStatuses.Pending, Pending), (JobStatuses.Reserved, Reserved), (JobStatuses.Running, Running), (JobStatuses.Retrying, Retrying),
        (JobStatuses.Completed, Completed), (JobStatuses.Failed, Failed), (JobStatuses.Cancelled, Cancelled), (JobStatuses.Timeout, Timeout),
        (JobStatuses.Expired, Expired),
    ];
}

/// <summary>Jobs of each priority.</summary>
public sealed record CountsByPriority
{
    /// <summary>Critical jobs.</summary>
    public required long Critical { get; init; }

    /// <summary>High jobs.</summary>
    public required long High { get; init; }

    /// <summary>Normal jobs.</summary>
    public required long Normal { get; init; }

    /// <summary>Low jobs.</summary>
    public required long Low { get; init; }
}

/// <summary>Jobs that ended a short time ago.</summary>
public sealed record Throughput
{
    /// <summary>Jobs that ended in the last minute.</summary>
    public required long LastMinute { get; init; }

    /// <summary>Jobs that ended in the last hour.</summary>
    public required long LastHour { get; init; }

    /// <summary>Jobs a second over the last minute.</summary>
    public required double PerSecond { get; init; }
}
