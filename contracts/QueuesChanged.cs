using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Published when a queue comes into being, is paused or resumed, and as the answer to <see cref="ListQueues"/>: executors that serve every
/// queue subscribe to the new ones, and leave those that are paused.
/// </summary>
public sealed record QueuesChanged
{
    /// <summary>Names of all queues known.</summary>
    [JsonPropertyName("names")]
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Of those, the ones that are paused: no tickets need be taken from them. Absent: none.</summary>
    [JsonPropertyName("paused")]
    public IReadOnlyList<string>? Paused { get; init; }

    /// <summary>
    /// The tasks that the queues have had jobs of. Each has a broker queue of its own (<see cref="BusAddresses.Tickets"/>), so that an
    /// executor takes only tickets that it can run. Absent: the sender does not know, as an instance of an earlier version.
    /// </summary>
    [JsonPropertyName("tasks")]
    public IReadOnlyList<QueuedTask>? Tasks { get; init; }

    /// <summary>Absent if the message is complete.</summary>
    [JsonPropertyName("part")]
    public NewsPart? Part { get; init; }
}

/// <summary>Number of a part, if the news is split over several messages; all parts are needed.</summary>
public sealed record NewsPart
{
    /// <summary>Id that all parts of the same news share.</summary>
    [JsonPropertyName("news_id")]
    public required Guid NewsId { get; init; }

    /// <summary>Which part this is, from 1.</summary>
    [JsonPropertyName("number")]
    public required int Number { get; init; }

    /// <summary>How many parts there are.</summary>
    [JsonPropertyName("count")]
    public required int Count { get; init; }
}

/// <summary>A task that a queue has had jobs of.</summary>
public sealed record QueuedTask
{
    /// <summary>The queue.</summary>
    [JsonPropertyName("queue_name")]
    public required string QueueName { get; init; }

    /// <summary>The task.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>The version that the jobs asked for, if any.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }
}

/// <summary>Asks for the names of all queues; answered with <see cref="QueuesChanged"/> to the executor's inbox.</summary>
public sealed record ListQueues
{
    /// <summary>Id of the executor process that asks.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }
}
