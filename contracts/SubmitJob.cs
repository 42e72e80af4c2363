using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Hands over one job. The fields mean the same as in <c>POST /api/v1/jobs</c>. Answered with <see cref="JobAccepted"/> or
/// <see cref="JobRejected"/> when the message carries a response address.
/// </summary>
public sealed record SubmitJob
{
    /// <summary>Name of the task to run, as a worker announced it.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>Positional arguments, bound by position. Default: none.</summary>
    [JsonPropertyName("args")]
    public IReadOnlyList<JsonElement>? Args { get; init; }

    /// <summary>Named arguments, bound by name (snake_case or camelCase). Default: none.</summary>
    [JsonPropertyName("kwargs")]
    public IReadOnlyDictionary<string, JsonElement>? Kwargs { get; init; }

    /// <summary>Queue to wait in. Default: the task's own queue, else <c>default</c>.</summary>
    [JsonPropertyName("queue_name")]
    public string? QueueName { get; init; }

    /// <summary>One of <see cref="Contracts.Priority"/>. Default: <c>normal</c>.</summary>
    [JsonPropertyName("priority")]
    public string? Priority { get; init; }

    /// <summary>Not before this moment. Excludes <see cref="Delay"/>. Default: at once.</summary>
    [JsonPropertyName("scheduled_at")]
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>Seconds from now before it may start. Excludes <see cref="ScheduledAt"/>.</summary>
    [JsonPropertyName("delay")]
    public double? Delay { get; init; }

    /// <summary>How many times a failed attempt is repeated. Default: the task's own, else 3.</summary>
    [JsonPropertyName("max_retries")]
    public int? MaxRetries { get; init; }

    /// <summary>Seconds before the first retry; each further one doubles. Default: the task's own, else 60.</summary>
    [JsonPropertyName("retry_delay")]
    public double? RetryDelay { get; init; }

    /// <summary>Seconds that one attempt may run. Default: the task's own, else 300.</summary>
    [JsonPropertyName("timeout")]
    public double? Timeout { get; init; }

    /// <summary>Labels to find the job by; at most 32 of 64 characters.</summary>
    [JsonPropertyName("tags")]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Anything the caller wants to keep with the job; at most 16 KiB.</summary>
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; init; }

    /// <summary>Only executors that have exactly this version of the task run the job. Default: any.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }

    /// <summary>The caller's own id, 1 to 128 of <c>[A-Za-z0-9._:-]</c>. Default: a new UUIDv7.</summary>
    [JsonPropertyName("job_id")]
    public string? JobId { get; init; }

    /// <summary>Submitting again with the same key and content answers with the first job.</summary>
    [JsonPropertyName("idempotency_key")]
    public string? IdempotencyKey { get; init; }

    /// <summary>Seconds after which a job that has not started becomes <c>expired</c>. Excludes <see cref="ExpiresAt"/>.</summary>
    [JsonPropertyName("expires_in")]
    public double? ExpiresIn { get; init; }

    /// <summary>Moment after which a job that has not started becomes <c>expired</c>.</summary>
    [JsonPropertyName("expires_at")]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// Run it once on each executor of its queue that is live when it becomes due: one child job each. Default: false, on any one.
    /// </summary>
    [JsonPropertyName("broadcast")]
    public bool? Broadcast { get; init; }

    /// <summary>A short title for people.</summary>
    [JsonPropertyName("title")]
    public string? Title { get; init; }

    /// <summary>A longer description for people.</summary>
    [JsonPropertyName("description")]
    public string? Description { get; init; }
}
