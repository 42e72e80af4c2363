using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>The answer to a <see cref="RequestAttempts"/>, or a part of it. Sent only after the rows that carry it have committed.</summary>
public sealed record AttemptsGranted
{
    /// <summary>The request that is answered.</summary>
    [JsonPropertyName("request_id")]
    public required Guid RequestId { get; init; }

    /// <summary>Attempts to run now.</summary>
    [JsonPropertyName("granted")]
    public required IReadOnlyList<GrantedAttempt> Granted { get; init; }
}

/// <summary>One attempt to run, with everything that the task needs.</summary>
public sealed record GrantedAttempt
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>The caller's own id when it is not the UUID's text.</summary>
    [JsonPropertyName("key")]
    public string? Key { get; init; }

    /// <summary>Number of the attempt: the fencing token.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>Name of the task.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>Version that the job asked for, if any.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }

    /// <summary>Queue that the job waited in.</summary>
    [JsonPropertyName("queue_name")]
    public required string QueueName { get; init; }

    /// <summary>
    /// The job's priority as a number, see <see cref="Contracts.Priority.ToLevel"/>: of the attempts that wait in an executor, the highest
    /// start first.
    /// </summary>
    [JsonPropertyName("priority")]
    public required byte Priority { get; init; }

    /// <summary>When the job became ready: orders attempts of the same priority by age.</summary>
    [JsonPropertyName("ready_at")]
    public required DateTimeOffset ReadyAt { get; init; }

    /// <summary>Positional arguments: a JSON array, or absent for none.</summary>
    [JsonPropertyName("args")]
    public JsonElement? Args { get; init; }

    /// <summary>Named arguments: a JSON object, or absent for none.</summary>
    [JsonPropertyName("kwargs")]
    public JsonElement? Kwargs { get; init; }

    /// <summary>The caller's metadata: a JSON object, or absent for none.</summary>
    [JsonPropertyName("metadata")]
    public JsonElement? Metadata { get; init; }

    /// <summary>Seconds that the attempt may run.</summary>
    [JsonPropertyName("timeout")]
    public required double Timeout { get; init; }

    /// <summary>Retries that the job may use in all.</summary>
    [JsonPropertyName("max_retries")]
    public required int MaxRetries { get; init; }

    /// <summary>Retries already used.</summary>
    [JsonPropertyName("retry_count")]
    public required int RetryCount { get; init; }

    /// <summary>
    /// How many earlier attempts in a row ended with the death of their worker. A worker starts such an attempt only after the broker has confirmed
    /// the report of its start, so that a job whose worker dies without that report is known not to be the cause.
    /// </summary>
    [JsonPropertyName("lost_count")]
    public int LostCount { get; init; }

    /// <summary>Who submitted the job.</summary>
    [JsonPropertyName("owner")]
    public required string Owner { get; init; }

    /// <summary>When the job was submitted.</summary>
    [JsonPropertyName("created_at")]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// When the attempt was granted, by the database's clock. The times that a worker reports are this plus what its monotonic clock has
    /// counted since, so that they go with the job's other times. Absent: the job API is of an older version, and the worker's own clock is
    /// all there is.
    /// </summary>
    [JsonPropertyName("granted_at")]
    public DateTimeOffset? GrantedAt { get; init; }

    /// <summary>Seconds that the lease holds; it must be renewed by heartbeats.</summary>
    [JsonPropertyName("lease")]
    public required double Lease { get; init; }

    /// <summary>W3C trace context of the submission, if it had one.</summary>
    [JsonPropertyName("traceparent")]
    public string? Traceparent { get; init; }

    /// <summary>The job's tags; absent for none.</summary>
    [JsonPropertyName("tags")]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The job's earliest start; absent if it could start at once.</summary>
    [JsonPropertyName("scheduled_at")]
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>The schedule of which the job is a run; absent for none.</summary>
    [JsonPropertyName("schedule_id")]
    public string? ScheduleId { get; init; }

    /// <summary>The job that this one belongs to: its broadcast, what it was cloned from, or the job that it follows. Absent for none.</summary>
    [JsonPropertyName("parent_id")]
    public string? ParentId { get; init; }

    /// <summary>The key with which the job was submitted; absent for none.</summary>
    [JsonPropertyName("idempotency_key")]
    public string? IdempotencyKey { get; init; }
}
