using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Asks JobApi whether any executor ever announced a task, and whether arguments fit it. Answered with <see cref="TaskFound"/>.
/// </summary>
public sealed record FindTask
{
    /// <summary>Name of the task.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>Version that the arguments are for, if a certain one.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }

    /// <summary>Positional arguments: a JSON array, or absent for none.</summary>
    [JsonPropertyName("args")]
    public JsonElement? Args { get; init; }

    /// <summary>Named arguments: a JSON object, or absent for none.</summary>
    [JsonPropertyName("kwargs")]
    public JsonElement? Kwargs { get; init; }
}

/// <summary>What is known about a task.</summary>
public sealed record TaskFound
{
    /// <summary>Every version that was announced, the preferred one first; empty when the task is not known.</summary>
    [JsonPropertyName("versions")]
    public required IReadOnlyList<string> Versions { get; init; }

    /// <summary>
    /// What is wrong with the arguments, by the schema on which all live workers agree. Absent for nothing, and where they do not agree.
    /// </summary>
    [JsonPropertyName("problems")]
    public IReadOnlyList<ArgumentProblem>? Problems { get; init; }
}

/// <summary>An argument that does not fit.</summary>
public sealed record ArgumentProblem
{
    /// <summary>Where it is: <c>args[0]</c>, <c>kwargs.order.lines[2]</c>.</summary>
    [JsonPropertyName("path")]
    public required string Path { get; init; }

    /// <summary>What the schema says, in words.</summary>
    [JsonPropertyName("expected")]
    public required string Expected { get; init; }

    /// <summary>What came, in words.</summary>
    [JsonPropertyName("got")]
    public required string Got { get; init; }
}
