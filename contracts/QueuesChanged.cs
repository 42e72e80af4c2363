using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>Published when a queue comes into being, is paused or resumed, and as the answer to <see cref="ListQueues"/>: executors that serve every queue subscribe to the new ones, and leave those that are paused.</summary>
public sealed record QueuesChanged
{
    /// <summary>Names of all queues known.</summary>
    [JsonPropertyName("names")]
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Of those, the ones that are paused: no tickets need be taken from them. Absent: none.</summary>
    [JsonPropertyName("paused")]
    public IReadOnlyList<string>? Paused { get; init; }
}

/// <summary>Asks for the names of all queues; answered with <see cref="QueuesChanged"/> to the executor's inbox.</summary>
public sealed record ListQueues
{
    /// <summary>Id of the executor process that asks.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }
}
