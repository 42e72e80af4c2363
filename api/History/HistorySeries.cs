using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>What happened, step by step. Minutes are kept for 30 days and hours for a year, whatever becomes of the jobs.</summary>
[Schema("History")]
public sealed record HistorySeries
{
    /// <summary>Beginning, at the beginning of a step.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Length of a step.</summary>
    [Words("minute", "hour", "day")]
    public required string Step { get; init; }

    /// <summary>The steps, oldest first.</summary>
    public required IReadOnlyList<HistoryStep> Items { get; init; }

    /// <summary>All steps together.</summary>
    public required HistoryTotals Totals { get; init; }
}

/// <summary>How often each thing happened.</summary>
public abstract record HistoryCounts
{
    /// <summary>Jobs that were created.</summary>
    public required long Submitted { get; init; }

    /// <summary>Attempts that started.</summary>
    public required long Started { get; init; }

    /// <summary>Jobs that completed.</summary>
    public required long Completed { get; init; }

    /// <summary>Jobs that failed for good: no retry is left.</summary>
    public required long Failed { get; init; }

    /// <summary>Jobs that exceeded their time limit for good.</summary>
    public required long Timeout { get; init; }

    /// <summary>Attempts that failed and are followed by another.</summary>
    public required long Retried { get; init; }

    /// <summary>Jobs that were cancelled.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Jobs that expired.</summary>
    public required long Expired { get; init; }

    /// <summary>Attempts that were taken away from a worker that had vanished.</summary>
    public required long Rescued { get; init; }

    /// <summary>Jobs that ended without success by themselves.</summary>
    [JsonIgnore]
    public long AllFailed => Failed + Timeout;
}

/// <summary>All steps together.</summary>
public record HistoryTotals : HistoryCounts
{
    /// <summary>From when a job could start to its first start; null if none started.</summary>
    [JsonPropertyOrder(1)]
    public required Durations? Wait { get; init; }

    /// <summary>The last attempt of the jobs that ended; null if none ended.</summary>
    [JsonPropertyOrder(1)]
    public required Durations? Run { get; init; }

    /// <summary>From when a job could start to its end; null if none ended.</summary>
    [JsonPropertyOrder(1)]
    public required Durations? Total { get; init; }
}

/// <summary>What happened in a step.</summary>
public sealed record HistoryStep : HistoryTotals
{
    /// <summary>Beginning of the step.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>With <c>group_by=queue</c>: the queue.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? QueueName { get; init; }

    /// <summary>With <c>group_by=task</c>: the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TaskName { get; init; }
}

/// <summary>Durations in seconds. The quantiles are right to 5 percent, the mean is exact.</summary>
public sealed record Durations
{
    /// <summary>How many there are.</summary>
    public required long Count { get; init; }

    /// <summary>Mean, seconds.</summary>
    public required double Mean { get; init; }

    /// <summary>Median, seconds.</summary>
    public required double P50 { get; init; }

    /// <summary>95th percentile, seconds.</summary>
    public required double P95 { get; init; }

    /// <summary>99th percentile, seconds.</summary>
    public required double P99 { get; init; }

    /// <summary>With <c>buckets=true</c>: the histogram, shortest first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DurationBucket>? Buckets { get; init; }
}

/// <summary>A bucket of a histogram.</summary>
public sealed record DurationBucket
{
    /// <summary>The longest duration, seconds; null for all that are longer than the bucket before.</summary>
    public required double? To { get; init; }

    /// <summary>How many durations are in it.</summary>
    public required long Count { get; init; }
}

/// <summary>What ever happened to the jobs of a task and priority in a queue. The counts only grow, whatever becomes of the jobs.</summary>
[Schema("JobTotal", Page = "TotalPage")]
public sealed record TaskTotals : HistoryCounts
{
    /// <summary>The queue.</summary>
    public required string QueueName { get; init; }

    /// <summary>The task.</summary>
    public required string TaskName { get; init; }

    /// <summary>The priority.</summary>
    [Words(typeof(Priorities))]
    public required string Priority { get; init; }
}
