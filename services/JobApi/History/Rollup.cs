namespace JobSystem.JobApi.History;

/// <summary>What happened to the jobs of one task in one queue in one minute, or hour.</summary>
public sealed class Rollup
{
    public const int Minute = 60;
    public const int Hour = 3600;

    /// <summary><see cref="Minute"/> or <see cref="Hour"/>.</summary>
    public int StepSeconds { get; set; }

    /// <summary>Its beginning.</summary>
    public DateTimeOffset At { get; set; }
    public required string QueueName { get; set; }
    public required string TaskName { get; set; }
    public long Submitted { get; set; }

    /// <summary>Attempts, not jobs.</summary>
    public long Started { get; set; }
    public long Completed { get; set; }
    public long Failed { get; set; }
    public long TimedOut { get; set; }
    public long Retried { get; set; }
    public long Cancelled { get; set; }
    public long Expired { get; set; }

    /// <summary>Attempts that were taken away from a worker that had vanished.</summary>
    public long Rescued { get; set; }

    /// <summary>From the time when a job could run to its first start: a <see cref="DurationSketch"/>.</summary>
    public string? Wait { get; set; }

    /// <summary>The last attempt of the jobs that ended.</summary>
    public string? Run { get; set; }

    /// <summary>From the time when a job could run to its end.</summary>
    public string? Total { get; set; }
}

/// <summary>Lines that no rollup has in it yet: one row for each commit, so that commits never wait for each other.</summary>
public sealed class RollupInboxRow
{
    public long Id { get; init; }

    /// <summary>See <see cref="RollupLines"/>.</summary>
    public required string Lines { get; init; }
}
