
namespace JobSystem.JobApi.Storage;

/// <summary>One captured log line, as it is stored.</summary>
public sealed class LogRow
{
    public Guid JobId { get; init; }
    public int Attempt { get; init; }

    /// <summary>Given by the database: the order of arrival.</summary>
    public long Seq { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Level { get; init; }
    public required string Message { get; init; }

    /// <summary>Position within the attempt; 0 if unknown.</summary>
    public int Line { get; init; }

    /// <summary>JSON text, or null for none.</summary>
    public string? Fields { get; init; }
}

/// <summary>A queue with its limits and state.</summary>
public sealed class QueueRow
{
    public required string Name { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public string? Description { get; set; }

    /// <summary>Nothing of it starts.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Maximum number of concurrent attempts over all workers; null for no limit.</summary>
    public int? MaxConcurrency { get; set; }

    /// <summary>Maximum number of starts per <see cref="RatePeriod"/>; null for no limit.</summary>
    public int? RateLimit { get; set; }

    /// <summary>Seconds.</summary>
    public double? RatePeriod { get; set; }

    /// <summary>Number of available starts at <see cref="TokensAt"/>; null before the first start.</summary>
    public double? Tokens { get; set; }
    public DateTimeOffset? TokensAt { get; set; }
}

/// <summary>
/// An attempt that counts against its queue's concurrency. It counts as long as the job's row says that the attempt is held: a slot
/// need not be given back, and what is over is swept away by the next claim of that queue.
/// </summary>
public sealed class QueueSlotRow
{
    public Guid JobId { get; init; }
    public required string QueueName { get; init; }
    public int Attempt { get; init; }
}

/// <summary>A worker process according to its latest heartbeat.</summary>
public sealed class WorkerRow
{
    public required string Id { get; init; }
    public required string Name { get; set; }
    public required string Host { get; set; }
    public required string Version { get; set; }
    public required string Status { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public DateTimeOffset LastSeenAt { get; set; }

    /// <summary>A JSON array of names.</summary>
    public required string Queues { get; set; }

    /// <summary>The worker's attempts as in the heartbeat: a JSON array.</summary>
    public required string Attempts { get; set; }
    public int Slots { get; set; }
    public int Running { get; set; }
    public long Processed { get; set; }
    public long Failed { get; set; }
}

/// <summary>One version of a task, as it was last announced.</summary>
public sealed class TaskRow
{
    public required string Name { get; init; }
    public required string Version { get; init; }

    /// <summary>The announcement as JSON.</summary>
    public required string Announcement { get; init; }
    public DateTimeOffset FirstSeenAt { get; init; }
    public DateTimeOffset LastSeenAt { get; init; }
}

/// <summary>A worker process and a task version that it announced.</summary>
public sealed class TaskWorkerRow
{
    public required string Name { get; init; }
    public required string Version { get; init; }
    public required string WorkerId { get; init; }
    public DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Of the JSON Schema that it announced; null when it announced none.</summary>
    public string? ParametersHash { get; init; }
}

/// <summary>Exclusive background work and the instance that does it.</summary>
public sealed class DutyRow
{
    public required string Name { get; init; }
    public required string Holder { get; set; }

    /// <summary>From then on any instance may have it.</summary>
    public DateTimeOffset HeldUntil { get; set; }
}
