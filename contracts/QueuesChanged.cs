using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Published when a queue comes into being, and as the answer to <see cref="ListQueues"/>: executors that serve every queue tell the new ones among the queues
/// of their heartbeats.
/// </summary>
public sealed record QueuesChanged
{
    /// <summary>Names of queues. Many are sent in several messages.</summary>
    [JsonPropertyName("names")]
    public required IReadOnlyList<string> Names { get; init; }
}

/// <summary>Asks for the names of all queues; answered with <see cref="QueuesChanged"/> to the executor's inbox.</summary>
public sealed record ListQueues
{
    /// <summary>Id of the executor process that asks.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }
}
