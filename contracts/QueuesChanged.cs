using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Published when a queue comes into being, and as the answer to <see cref="ListQueues"/>: executors that serve every queue tell the new ones among the queues
/// of their heartbeats.
/// </summary>
public sealed record QueuesChanged
{
    /// <summary>Names of all queues known.</summary>
    [JsonPropertyName("names")]
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Absent if the message is complete.</summary>
    [JsonPropertyName("part")]
    public NewsPart? Part { get; init; }
}

/// <summary>Number of a part, if the news is split over several messages. Each part counts by itself.</summary>
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

/// <summary>Asks for the names of all queues; answered with <see cref="QueuesChanged"/> to the executor's inbox.</summary>
public sealed record ListQueues
{
    /// <summary>Id of the executor process that asks.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }
}
