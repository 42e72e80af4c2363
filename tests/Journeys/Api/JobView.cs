using System.Text.Json;

namespace JobSystem.Journeys.Api;

/// <summary>What the API shows of a job, as far as the journeys look at it.</summary>
public sealed record JobView
{
    public required string Id { get; init; }
    public required string TaskName { get; init; }
    public string? Owner { get; init; }
    public JsonElement? Args { get; init; }
    public JsonElement? Kwargs { get; init; }
    public required string QueueName { get; init; }
    public required string Priority { get; init; }
    public required string Status { get; init; }
    public DateTimeOffset? ScheduledAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public JsonElement? Result { get; init; }
    public JobErrorView? Error { get; init; }
    public int RetryCount { get; init; }
    public int MaxRetries { get; init; }
    public double RetryDelay { get; init; }
    public string[]? Tags { get; init; }
    public JsonElement? Metadata { get; init; }
    public string? WorkerId { get; init; }
    public double Timeout { get; init; }
    public string? Version { get; init; }
    public double? Duration { get; init; }
    public string? Title { get; init; }
    public string? Description { get; init; }
    public int Attempt { get; init; }
    public double Progress { get; init; }
    public string? ProgressMessage { get; init; }
    public string? IdempotencyKey { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? CancelRequestedAt { get; init; }
    public string? CancelReason { get; init; }
    public string? ParentId { get; init; }
    public string? PinnedTo { get; init; }

    public bool IsFinal => Status is "completed" or "failed" or "cancelled" or "timeout" or "expired";
}

public sealed record JobErrorView(string Type, string Message, string? Stack, int Attempt);

public sealed record JobPage(IReadOnlyList<JobView> Items, long Total, string? NextCursor);

/// <summary>One step of a job's life.</summary>
public sealed record JobStep(string Event, DateTimeOffset At, int Attempt, string? WorkerId, JsonElement? Details);

public sealed record JobSteps(IReadOnlyList<JobStep> Items);

public sealed record JobLog(DateTimeOffset At, int Attempt, string Level, string Message);

public sealed record JobLogs(IReadOnlyList<JobLog> Items);
