using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Jobs;

/// <summary>A validated submission, before defaults are added and relative times are computed.</summary>
public sealed record JobRequest
{
    public required string TaskName { get; init; }

    /// <summary>JSON text as submitted; null if absent.</summary>
    public string? Args { get; init; }
    public string? Kwargs { get; init; }
    public string? Metadata { get; init; }
    public string? QueueName { get; init; }

    /// <summary>From 4 (critical) to 1 (low).</summary>
    public byte Priority { get; init; } = 2;
    public DateTimeOffset? ScheduledAt { get; init; }
    public double? Delay { get; init; }
    public int? MaxRetries { get; init; }
    public double? RetryDelay { get; init; }
    public double? Timeout { get; init; }
    public string[]? Tags { get; init; }
    public string? Version { get; init; }
    public string? JobId { get; init; }

    /// <summary>True to run the job once on each live worker.</summary>
    public bool Broadcast { get; init; }
    public string? IdempotencyKey { get; init; }
    public double? ExpiresIn { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public string? Title { get; init; }
    public string? Description { get; init; }

    /// <summary>The job that this is a clone of.</summary>
    public JobKey? Parent { get; init; }

    /// <summary>Only for run-sync: how long the caller waits. Seconds.</summary>
    public double? WaitTimeout { get; init; }
}
