using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>Something that was wrong several times in a row.</summary>
public sealed record Alert
{
    /// <summary>Id of this occurrence.</summary>
    public required string Id { get; init; }

    /// <summary>What is wrong.</summary>
    [Words(typeof(AlertNames))]
    public required string Name { get; init; }

    /// <summary>The queue or worker, where it is about one.</summary>
    [JsonPropertyName("object")]
    public required string? Subject { get; init; }

    /// <summary>How bad it is.</summary>
    [Words(typeof(AlertSeverities))]
    public required string Severity { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Message { get; init; }

    /// <summary>When it was found first.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it was over; null as long as it lasts.</summary>
    public required DateTimeOffset? ClearedAt { get; init; }

    /// <summary>The measured value, where one is measured.</summary>
    public required double? Value { get; init; }

    /// <summary>The value from which on it is wrong.</summary>
    public required double? Threshold { get; init; }
}

/// <summary>What is wrong now, critical things first, and what was before.</summary>
public sealed record AlertList
{
    /// <summary>The alerts that are raised.</summary>
    public required IReadOnlyList<Alert> Items { get; init; }

    /// <summary>The last 100 that are over, latest first, as far as the service remembers.</summary>
    public required IReadOnlyList<Alert> Cleared { get; init; }

    /// <summary>When the system was evaluated last; null if never.</summary>
    public required DateTimeOffset? EvaluatedAt { get; init; }
}

/// <summary>The words for how bad an alert is.</summary>
public static class AlertSeverities
{
    /// <summary>Jobs do not run.</summary>
    public const string Critical = "critical";

    /// <summary>Needs attention.</summary>
    public const string Warning = "warning";
}

/// <summary>The words for what is wrong.</summary>
public static class AlertNames
{
    /// <summary>The database does not answer.</summary>
    public const string DatabaseDown = "database_down";

    /// <summary>The message broker does not answer.</summary>
    public const string BrokerDown = "broker_down";

    /// <summary>No worker is alive.</summary>
    public const string NoWorkers = "no_workers";

    /// <summary>A worker stopped sending heartbeats.</summary>
    public const string WorkerLost = "worker_lost";

    /// <summary>Jobs wait in a queue that no live worker serves.</summary>
    public const string QueueWithoutWorkers = "queue_without_workers";

    /// <summary>A job has waited too long.</summary>
    public const string QueueAge = "queue_age";

    /// <summary>A job exceeds its time limit, and nothing ended it.</summary>
    public const string StuckJob = "stuck_job";

    /// <summary>The scheduler does not answer.</summary>
    public const string SchedulerDown = "scheduler_down";

    /// <summary>A schedule is late.</summary>
    public const string SchedulerLag = "scheduler_lag";

    /// <summary>Too many jobs failed.</summary>
    public const string FailureRate = "failure_rate";

    /// <summary>Messages that no service could process are in an error queue.</summary>
    public const string ErrorQueue = "error_queue";
}
