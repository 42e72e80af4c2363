using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Published when a queue was cleared, on a bus whose queues cannot be purged: executors decline the tickets of this kind that wait for a
/// slot. Those of jobs that still wait come again.
/// </summary>
public sealed record DropTickets
{
    /// <summary>Whose tickets.</summary>
    [JsonPropertyName("tickets")]
    public required QueuedTask Tickets { get; init; }
}
