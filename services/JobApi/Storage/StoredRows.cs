namespace JobSystem.JobApi.Storage;

/// <summary>One captured log line, as it is stored.</summary>
public sealed class LogRow
{
    public Guid JobId { get; init; }
    public int Attempt { get; init; }

    /// <summary>Given by the database: the order of writing.</summary>
    public long Seq { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Level { get; init; }
    public required string Message { get; init; }
}

/// <summary>A queue that jobs were put into.</summary>
public sealed class QueueRow
{
    public required string Name { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>One version of a task, as it was last announced.</summary>
public sealed class TaskRow
{
    public required string Name { get; init; }
    public required string Version { get; init; }

    /// <summary>The announcement as JSON text.</summary>
    public required string Announcement { get; init; }
    public DateTimeOffset FirstSeenAt { get; init; }
    public DateTimeOffset LastSeenAt { get; init; }
}

/// <summary>A worker process that announced a task version.</summary>
public sealed class TaskWorkerRow
{
    public required string Name { get; init; }
    public required string Version { get; init; }
    public required string WorkerId { get; init; }
    public DateTimeOffset LastSeenAt { get; init; }
}
