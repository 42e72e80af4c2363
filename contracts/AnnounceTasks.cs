using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>The tasks that an executor can run. Sent at start, then every minute, and whenever asked.</summary>
public sealed record AnnounceTasks
{
    /// <summary>Id of the executor process.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>The tasks.</summary>
    [JsonPropertyName("tasks")]
    public required IReadOnlyList<AnnouncedTask> Tasks { get; init; }
}

/// <summary>One task and its defaults; a job may override each default.</summary>
public sealed record AnnouncedTask
{
    /// <summary>Name, as jobs ask for it.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>Version. Default: <c>1.0</c>.</summary>
    [JsonPropertyName("version")]
    public required string Version { get; init; }

    /// <summary>What it does, for people.</summary>
    [JsonPropertyName("description")]
    public string? Description { get; init; }

    /// <summary>Queue of jobs that name none. Default: <c>default</c>.</summary>
    [JsonPropertyName("queue")]
    public string? Queue { get; init; }

    /// <summary>Default retries.</summary>
    [JsonPropertyName("max_retries")]
    public int? MaxRetries { get; init; }

    /// <summary>Default seconds before the first retry.</summary>
    [JsonPropertyName("retry_delay")]
    public double? RetryDelay { get; init; }

    /// <summary>Default seconds that one attempt may run.</summary>
    [JsonPropertyName("timeout")]
    public double? Timeout { get; init; }

    /// <summary>True when the handler is asynchronous.</summary>
    [JsonPropertyName("is_async")]
    public required bool IsAsync { get; init; }

    /// <summary>JSON Schema of the parameters, made from the handler's signature.</summary>
    [JsonPropertyName("parameters")]
    public JsonElement? Parameters { get; init; }
}
