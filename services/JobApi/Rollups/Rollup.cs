
namespace JobSystem.JobApi.Rollups;

/// <summary>Counts and durations of one task and queue in one minute or hour.</summary>
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

    /// <summary>Number of attempts, not jobs.</summary>
    public long Started { get; set; }
    public long Completed { get; set; }
    public long Failed { get; set; }
    public long TimedOut { get; set; }
    public long Retried { get; set; }
    public long Cancelled { get; set; }
    public long Expired { get; set; }

    /// <summary>Number of attempts whose worker died.</summary>
    public long Rescued { get; set; }

    /// <summary>Time from ready to the first start, as <see cref="DurationSketch"/>.</summary>
    public string? Wait { get; set; }

    /// <summary>The last attempt of the jobs that ended.</summary>
    public string? Run { get; set; }

    /// <summary>Time from ready to final.</summary>
    public string? Total { get; set; }
}

/// <summary>Lines that have not been added to rollups yet. One row per commit, so that commits do not block each other.</summary>
public sealed class RollupInboxRow
{
    public long Id { get; init; }

    /// <summary>See <see cref="RollupLines"/>.</summary>
    public required string Lines { get; init; }
}
