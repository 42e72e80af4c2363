using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Published by an instance of JobApi that has something to tell a worker that is connected over HTTP: the instance that holds the worker's
/// request answers it.
/// </summary>
public sealed record SessionNotice
{
    /// <summary>Id of the worker.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>Attempts to stop because their jobs were cancelled.</summary>
    [JsonPropertyName("cancel")]
    public IReadOnlyList<AttemptControl> Cancel { get; init; } = [];

    /// <summary>Attempts that are not the worker's any more.</summary>
    [JsonPropertyName("revoke")]
    public IReadOnlyList<AttemptControl> Revoke { get; init; } = [];

    /// <summary>A command for the worker. Default: none.</summary>
    [JsonPropertyName("command")]
    public ControlWorker? Command { get; init; }

    /// <summary>Names the command in <see cref="SessionAnswered"/>.</summary>
    [JsonPropertyName("command_id")]
    public Guid CommandId { get; init; }
}

/// <summary>Published by the instance of JobApi to which a worker that is connected over HTTP has answered a command.</summary>
public sealed record SessionAnswered
{
    /// <summary>The command.</summary>
    [JsonPropertyName("command_id")]
    public required Guid CommandId { get; init; }

    /// <summary>The answer.</summary>
    [JsonPropertyName("answer")]
    public required WorkerAnswered Answer { get; init; }
}
