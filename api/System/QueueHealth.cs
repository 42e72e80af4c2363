namespace JobSystem.Api;

/// <summary>Health of a queue.</summary>
public sealed record QueueHealth
{
    /// <summary>Name of the queue.</summary>
    public required string Channel { get; init; }

    /// <summary>How it is.</summary>
    [Words(typeof(HealthWords))]
    public required string Status { get; init; }

    /// <summary>Jobs that have not ended.</summary>
    public required QueueHealthMessages Messages { get; init; }

    /// <summary>Workers that serve it.</summary>
    public required QueueHealthRunners Runners { get; init; }

    /// <summary>Ids of jobs that exceed their time limit.</summary>
    public required IReadOnlyList<string> StuckJobs { get; init; }

    /// <summary>What is wrong, one sentence each.</summary>
    public required IReadOnlyList<string> Alerts { get; init; }

    /// <summary>Throughput and durations.</summary>
    public required QueueHealthMetrics Metrics { get; init; }
}

/// <summary>Jobs of a queue that have not ended.</summary>
public sealed record QueueHealthMessages
{
    /// <summary>All of them.</summary>
    public required long Total { get; init; }

    /// <summary>Waiting jobs.</summary>
    public required long Unclaimed { get; init; }

    /// <summary>Jobs that a worker runs or has reserved.</summary>
    public required long Pending { get; init; }

    /// <summary>Jobs that are not due yet.</summary>
    public required long Scheduled { get; init; }

    /// <summary>Jobs that exceed their time limit.</summary>
    public required long Stuck { get; init; }
}

/// <summary>Workers that serve a queue.</summary>
public sealed record QueueHealthRunners
{
    /// <summary>Live ones.</summary>
    public required long Active { get; init; }

    /// <summary>All of them.</summary>
    public required long Total { get; init; }
}

/// <summary>Throughput and durations of a queue.</summary>
public sealed record QueueHealthMetrics
{
    /// <summary>Jobs a minute that were created and ended in the last five minutes.</summary>
    public required double JobsPerMinute { get; init; }

    /// <summary>Percent of the kept jobs that ended by themselves which completed; 100 if none ended.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>Milliseconds that the last 100 completed jobs ran, on average.</summary>
    public required double AvgDurationMs { get; init; }
}
