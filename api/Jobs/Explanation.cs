namespace JobSystem.Api;

/// <summary>Why a job is not running now.</summary>
public sealed record Explanation
{
    /// <summary>Id of the job.</summary>
    public required string Id { get; init; }

    /// <summary>Its status.</summary>
    [Words(typeof(JobStatuses))]
    public required string Status { get; init; }

    /// <summary>Its queue.</summary>
    public required string QueueName { get; init; }

    /// <summary>The reason, for programs: <c>behind_others</c>, <c>queue_paused</c>, …</summary>
    public required string Code { get; init; }

    /// <summary>The reason, for people: one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>When it becomes due, if it is not yet.</summary>
    public required DateTimeOffset? DueAt { get; init; }

    /// <summary>How many jobs of its queue are before it.</summary>
    public required long? Position { get; init; }

    /// <summary>When it will start, estimated from how fast the queue moves.</summary>
    public required DateTimeOffset? EstimatedStart { get; init; }

    /// <summary>The worker that runs or has reserved it.</summary>
    public required string? WorkerId { get; init; }
}
