using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// A task enqueues a job while its attempt runs. Sent by an executor to <see cref="BusAddresses.Lifecycle"/>, and answered with <see cref="JobEnqueued"/> to the
/// executor's inbox. Without an answer it is sent again: the job has an idempotency key.
/// </summary>
public sealed record EnqueueJob
{
    /// <summary>Id of the executor process; its inbox is <see cref="BusAddresses.ExecutorInbox"/>.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>Names the request in its answer.</summary>
    [JsonPropertyName("request_id")]
    public required Guid RequestId { get; init; }

    /// <summary>The job whose task enqueues another one: its parent, which gives it its owner.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt that runs. Another one may not enqueue jobs any more.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>The job to enqueue, with the members of <c>POST /jobs</c>.</summary>
    [JsonPropertyName("job")]
    public required JsonElement Job { get; init; }

    /// <summary>W3C trace context of the attempt, for the job; that of its parent when absent.</summary>
    [JsonPropertyName("traceparent")]
    public string? Traceparent { get; init; }
}

/// <summary>The answer to an <see cref="EnqueueJob"/>: the job is durable, or it was refused and is not there.</summary>
public sealed record JobEnqueued
{
    /// <summary>The request that is answered.</summary>
    [JsonPropertyName("request_id")]
    public required Guid RequestId { get; init; }

    /// <summary>Id of the job; absent if it was refused.</summary>
    [JsonPropertyName("job_id")]
    public string? JobId { get; init; }

    /// <summary>Why it was refused: a stable slug, the same as <c>code</c> in the HTTP problem document. Absent if it is durable.</summary>
    [JsonPropertyName("code")]
    public string? Code { get; init; }

    /// <summary>Why it was refused, in words.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }

    /// <summary>What is wrong with each member of the job.</summary>
    [JsonPropertyName("errors")]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
