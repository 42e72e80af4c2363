using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Published by an instance of JobApi whose executors ask for more jobs than it finds: the other instances tell it of jobs that they cannot hand out with
/// <see cref="JobsWaiting"/>.
/// </summary>
public sealed record JobsWanted
{
    /// <summary>How long it is taken for true, from its arrival. Repeated before.</summary>
    public const double ValidSeconds = 5;

    /// <summary>The instance.</summary>
    [JsonPropertyName("instance_id")]
    public required Guid InstanceId { get; init; }
}

/// <summary>Published by an instance of JobApi that has stored jobs, or made jobs ready, for which no executor has asked it.</summary>
public sealed record JobsWaiting
{
    /// <summary>The instance.</summary>
    [JsonPropertyName("instance_id")]
    public required Guid InstanceId { get; init; }

    /// <summary>Where jobs wait that any executor with the task may run.</summary>
    [JsonPropertyName("levels")]
    public required IReadOnlyList<JobsWaitingLevel> Levels { get; init; }

    /// <summary>Jobs that one executor alone may run.</summary>
    [JsonPropertyName("pinned")]
    public required IReadOnlyList<JobsWaitingPinned> Pinned { get; init; }
}

/// <summary>Jobs of one queue, task, version and priority.</summary>
public sealed record JobsWaitingLevel
{
    /// <summary>The queue.</summary>
    [JsonPropertyName("queue_name")]
    public required string QueueName { get; init; }

    /// <summary>The task.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>The version that the jobs ask for, if any.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }

    /// <summary>Their priority as a number, see <see cref="Contracts.Priority.ToLevel"/>.</summary>
    [JsonPropertyName("priority")]
    public required byte Priority { get; init; }

    /// <summary>When the first of them became ready.</summary>
    [JsonPropertyName("ready_at")]
    public required DateTimeOffset ReadyAt { get; init; }
}

/// <summary>A job that one executor alone may run.</summary>
public sealed record JobsWaitingPinned
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>Its queue.</summary>
    [JsonPropertyName("queue_name")]
    public required string QueueName { get; init; }

    /// <summary>Id of the executor process.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }
}

/// <summary>
/// Published by the instance of JobApi that heard from an executor that it drains or has stopped: none of its requests is answered any more.
/// </summary>
public sealed record WorkerLeft
{
    /// <summary>Id of the executor process.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }
}
