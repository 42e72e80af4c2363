using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>A queue.</summary>
public sealed record Queue
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Description for people.</summary>
    public required string? Description { get; init; }

    /// <summary>Jobs that wait to be started.</summary>
    public required long Size { get; init; }

    /// <summary>True if nothing of it starts until it is resumed.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>Jobs that a worker runs or has reserved.</summary>
    public required long Running { get; init; }

    /// <summary>Jobs that are not due yet, retries among them.</summary>
    public required long Scheduled { get; init; }

    /// <summary>Seconds that the longest-waiting job has waited; null if none waits.</summary>
    public required double? OldestAge { get; init; }

    /// <summary>Live workers that serve it.</summary>
    public required int Workers { get; init; }

    /// <summary>Limits over all workers together.</summary>
    public required QueueLimits Limits { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What holds over all workers together; null for no limit.</summary>
public sealed record QueueLimits
{
    /// <summary>Most jobs that run at once.</summary>
    public required int? MaxConcurrency { get; init; }

    /// <summary>Most starts in a period.</summary>
    public required QueueRateLimit? RateLimit { get; init; }
}

/// <summary>Most starts in a period.</summary>
[Schema("RateLimit")]
public sealed record QueueRateLimit
{
    /// <summary>Starts.</summary>
    public required int Limit { get; init; }

    /// <summary>Seconds, more than 0 and at most 86,400.</summary>
    public required double Period { get; init; }
}

/// <summary>How far clearing a queue is.</summary>
public sealed record ClearAnswer
{
    /// <summary>Jobs that were cancelled so far.</summary>
    public required long Cancelled { get; init; }
}

/// <summary>
/// Body of <c>PUT /queues/{name}</c>: how the queue is to be. All members are sent, and null removes a limit; the API also takes bodies that
/// lack members, which stay as they are.
/// </summary>
[Schema("QueueSettings")]
public sealed record ChangeQueueRequest
{
    /// <summary>Description for people; at most 4,000 characters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Description { get; init; }

    /// <summary>Most jobs that run at once, over all workers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? MaxConcurrency { get; init; }

    /// <summary>Most starts in a period.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public QueueRateLimit? RateLimit { get; init; }
}
