namespace JobSystem.JobApi.Storage;

/// <summary>A worker that is connected over HTTP. Nothing of it changes.</summary>
public sealed class WorkerSessionRow
{
    public required string Id { get; init; }

    /// <summary>Who opened the session; nobody else may use it.</summary>
    public required string Owner { get; init; }
    public required string Name { get; init; }
    public required string Host { get; init; }
    public required string Version { get; init; }
    public int Slots { get; init; }

    /// <summary>A JSON array of names; null for all queues.</summary>
    public string? Queues { get; init; }

    /// <summary>The tasks as they were announced: a JSON array.</summary>
    public required string Tasks { get; init; }

    /// <summary>The secrets of the session's attempts are derived from it. 256 random bits.</summary>
    public required byte[] Secret { get; init; }
    public DateTimeOffset StartedAt { get; init; }
}
