using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>A job was accepted and is durable.</summary>
public sealed record JobSubmitted
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

    /// <summary>Not before this moment, if set.</summary>
    [JsonPropertyName("scheduled_at")]
    public DateTimeOffset? ScheduledAt { get; init; }
}
