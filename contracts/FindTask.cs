using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>Asks JobApi whether any executor ever announced a task. Answered with <see cref="TaskFound"/>.</summary>
public sealed record FindTask
{
    /// <summary>Name of the task.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }
}

/// <summary>What is known about a task.</summary>
public sealed record TaskFound
{
    /// <summary>Every version that was announced, the preferred one first; empty when the task is not known.</summary>
    [JsonPropertyName("versions")]
    public required IReadOnlyList<string> Versions { get; init; }
}
