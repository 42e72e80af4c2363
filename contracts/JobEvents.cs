using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// The steps that one group commit made durable, in one message: the economical feed for monitoring. Published for every commit; the single
/// events beside it are published on request (<c>JOBSYSTEM_EVENTS=each</c>). Other services hear those of their own jobs (<c>JOBSYSTEM_EVENTS=owners</c>)
/// from <see cref="BusAddresses.JobEvents"/>.
/// </summary>
public sealed record JobEvents
{
    /// <summary>The steps, in commit order per job.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<JobEvent> Items { get; init; }
}

/// <summary>One step in the life of one job.</summary>
public sealed record JobEvent
{
    /// <summary>Id of the job, as the API shows it.</summary>
    [JsonPropertyName("job_id")]
    public required string JobId { get; init; }

    /// <summary>
    /// The word: <c>created dispatched reserved running progress retrying completed failed timeout cancelled expired cancel_requested
    /// lease_lost report_refused retry_requested force_completed</c>.
    /// </summary>
    [JsonPropertyName("event")]
    public required string Event { get; init; }

    /// <summary>When it happened.</summary>
    [JsonPropertyName("at")]
    public required DateTimeOffset At { get; init; }

    /// <summary>The attempt that it belongs to; 0 before the first.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>The executor process, when one is involved.</summary>
    [JsonPropertyName("worker_id")]
    public string? WorkerId { get; init; }

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

    /// <summary>Seconds waited before the start, on <c>running</c> and the final events.</summary>
    [JsonPropertyName("wait_seconds")]
    public double? WaitSeconds { get; init; }

    /// <summary>Seconds run, on the final events.</summary>
    [JsonPropertyName("run_seconds")]
    public double? RunSeconds { get; init; }

    /// <summary>What belongs to this kind of step: a small JSON object.</summary>
    [JsonPropertyName("details")]
    public JsonElement? Details { get; init; }
}
