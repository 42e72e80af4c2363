namespace JobSystem.Api;

/// <summary>A planned run of a schedule.</summary>
[Schema("NextRun")]
public sealed record PlannedRun
{
    /// <summary>When it is due.</summary>
    public required DateTimeOffset RunAt { get; init; }

    /// <summary>The same in the schedule's time zone.</summary>
    public required string LocalTime { get; init; }

    /// <summary>How daylight saving changes it; null if it does not.</summary>
    public required string? Note { get; init; }
}

/// <summary>The next runs of a schedule. For a paused schedule, the runs if it were resumed now.</summary>
[Schema("NextRuns")]
public sealed record PlannedRuns
{
    /// <summary>Id of the schedule.</summary>
    public required Guid ScheduleId { get; init; }

    /// <summary>Its status.</summary>
    [Words(typeof(ScheduleStatuses))]
    public required string Status { get; init; }

    /// <summary>IANA name of its time zone.</summary>
    public required string Timezone { get; init; }

    /// <summary>The runs, the next first.</summary>
    public required IReadOnlyList<PlannedRun> Items { get; init; }

    /// <summary>How many runs are listed.</summary>
    public required int Total { get; init; }
}

/// <summary>The runs of a cron expression, from now.</summary>
public sealed record PreviewedRuns
{
    /// <summary>IANA name of the time zone.</summary>
    public required string Timezone { get; init; }

    /// <summary>The runs, the next first.</summary>
    public required IReadOnlyList<PlannedRun> Items { get; init; }

    /// <summary>How many runs are listed.</summary>
    public required int Total { get; init; }
}

/// <summary>The run that was requested by hand.</summary>
public sealed record ScheduleRun
{
    /// <summary>Id of the schedule.</summary>
    public required Guid ScheduleId { get; init; }

    /// <summary>Id of the job.</summary>
    public required string JobId { get; init; }

    /// <summary>When the run was made.</summary>
    public required DateTimeOffset RunAt { get; init; }

    /// <summary>Path of the job.</summary>
    public required string JobUrl { get; init; }
}
