using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>An attempt ended without success; another one will follow.</summary>
public sealed record JobRetrying
{
    /// <summary>Id of the job, as the API shows it.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>Name of the task.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>Queue of the job.</summary>
    [JsonPropertyName("queue_name")]
    public required string QueueName { get; init; }

    /// <summary>Priority word.</summary>
    [JsonPropertyName("priority")]
    public required string Priority { get; init; }

    /// <summary>Who submitted it.</summary>
    [JsonPropertyName("owner")]
    public required string Owner { get; init; }

    /// <summary>When it happened.</summary>
    [JsonPropertyName("at")]
    public required DateTimeOffset At { get; init; }

    /// <summary>Number of the attempt.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>The executor process.</summary>
    [JsonPropertyName("worker_id")]
    public string? WorkerId { get; init; }

    /// <summary>When the next attempt is due.</summary>
    [JsonPropertyName("due_at")]
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Why the attempt failed.</summary>
    [JsonPropertyName("error")]
    public AttemptError? Error { get; init; }
}
