using System.Text.Json;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>What the pages read of the API's answers.</summary>
public sealed record Job(
    string Id, string TaskName, string QueueName, string Priority, string Status, string Owner, string? Title, string? Description, DateTimeOffset CreatedAt, DateTimeOffset? ScheduledAt,
    DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, JsonElement Args, JsonElement Kwargs, JsonElement Result, JsonElement Metadata, JobError? Error,
    int Attempt, int RetryCount, int MaxRetries, string[] Tags, string? WorkerId, double? Duration, double? Progress, string? ProgressMessage, string? CancelReason, DateTimeOffset? CancelRequestedAt)
{
    public bool IsFinal => Status is "completed" or "failed" or "timeout" or "cancelled" or "expired";
    public bool MayRetry => Status is "failed" or "timeout" or "cancelled" or "expired";
}

public sealed record JobError(string? Type, string? Message, string? Stack, int Attempt, DateTimeOffset At);

public sealed record JobsPage(IReadOnlyList<Job> Items, long Total, string? NextCursor);

public sealed record JobStep(string Event, DateTimeOffset At, int? Attempt, string? WorkerId, JsonElement? Details);

public sealed record LogLine(DateTimeOffset At, int Attempt, string Level, string Message);

public sealed record Explanation(string Code, string Reason);

public sealed record Queue(string Name, string? Description, long Size, bool IsPaused, long Running, long Scheduled, double? OldestAge, int Workers);

public sealed record Listed<T>(IReadOnlyList<T> Items);

public sealed record JobCounts(IReadOnlyDictionary<string, long> ByStatus);
