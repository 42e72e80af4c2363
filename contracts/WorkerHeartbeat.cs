using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>Sent by every executor process each renew interval: one message renews the leases of all its attempts.</summary>
public sealed record WorkerHeartbeat
{
    /// <summary>Id of the executor process, unique per start.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>The name people know it by, stable over restarts.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>Machine that it runs on.</summary>
    [JsonPropertyName("host")]
    public required string Host { get; init; }

    /// <summary>Version of the worker's program.</summary>
    [JsonPropertyName("version")]
    public required string Version { get; init; }

    /// <summary><c>starting running paused draining</c> or, as its last word, <c>stopped</c>.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>When the process started.</summary>
    [JsonPropertyName("started_at")]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When this heartbeat was made, by the executor's clock.</summary>
    [JsonPropertyName("sent_at")]
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>Queues that it requests attempts of.</summary>
    [JsonPropertyName("queues")]
    public required IReadOnlyList<string> Queues { get; init; }

    /// <summary>Attempts that it can run at once.</summary>
    [JsonPropertyName("slots")]
    public required int Slots { get; init; }

    /// <summary>Attempts ended since start, in any way.</summary>
    [JsonPropertyName("processed")]
    public required long Processed { get; init; }

    /// <summary>Of those, the ones that failed or timed out.</summary>
    [JsonPropertyName("failed")]
    public required long Failed { get; init; }

    /// <summary>Attempts that it holds now: running, or granted and about to start.</summary>
    [JsonPropertyName("attempts")]
    public required IReadOnlyList<HeldAttempt> Attempts { get; init; }
}

/// <summary>One attempt whose lease a heartbeat renews.</summary>
public sealed record HeldAttempt
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>The attempt.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }
}
