using System.Text.Json;
using System.Text.Json.Serialization;

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

public sealed record LogLine(DateTimeOffset At, int Attempt, string Level, string Message, JsonElement? Fields);

public sealed record LogPage(IReadOnlyList<LogLine> Items, int? NextOffset);

public sealed record Explanation(string Code, string Reason);

public sealed record Queue(string Name, string? Description, long Size, bool IsPaused, long Running, long Scheduled, double? OldestAge, int Workers, QueueLimits? Limits);

/// <summary>Null for none.</summary>
public sealed record QueueLimits(int? MaxConcurrency, RateLimitView? RateLimit);

public sealed record RateLimitView(int Limit, double Period);

public record KeyView(
    string Id, string Name, string Owner, string[] Permissions, string Prefix, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <param name="Key">What nobody sees again.</param>
public sealed record NewKey(string Name, string Key);

/// <param name="Wait">Null when there were none.</param>
public sealed record HistoryStep(DateTimeOffset At, long Submitted, long Started, long Completed, long Failed, long Timeout, long Retried, long Cancelled, long Expired, Durations? Wait, Durations? Run, Durations? Total, string? TaskName = null)
{
    public long AllFailed => Failed + Timeout;
}

/// <summary>Seconds.</summary>
public sealed record Durations(long Count, double Mean, double P50, double P95, double P99, IReadOnlyList<DurationBucket>? Buckets = null);

/// <param name="To">Seconds; null for all that took longer.</param>
public sealed record DurationBucket(double? To, long Count);

public sealed record HistoryPage(DateTimeOffset From, DateTimeOffset To, string Step, IReadOnlyList<HistoryStep> Items, HistoryStep Totals);

public sealed record AlertView(string Id, string Name, [property: JsonPropertyName("object")] string? Subject, string Severity, string Message, DateTimeOffset Since);

public sealed record FailureView(string Fingerprint, string TaskName, string ErrorType, string? Message, string[] Frames, long Count, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, string LastJobId, long[] Trend);

public sealed record WorkerView(string Id, string Name, string Host, string Version, string Status, bool IsHealthy, DateTimeOffset LastSeenAt, double Uptime, string[] Queues, int Slots, int Running, long Processed, long Failed, HeldView[] Attempts);

public sealed record HeldView(string JobId, int Attempt);

public sealed record TaskView(string Name, string? Description, string Version, string Queue, double Timeout, int MaxRetries, JsonElement? Parameters, string[] Workers, DateTimeOffset LastSeenAt);

public sealed record ScheduleView(
    string Id, string Name, string? Description, string Status, string Owner, string? CronExpression, JsonElement? Interval, DateTimeOffset? RunAt, string Timezone, string TaskName, string? QueueName,
    DateTimeOffset? LastRunAt, DateTimeOffset? NextRunAt, string? LastJobId, string? LastOutcome, long RunCount, long MissedCount, string[] Tags)
{
    public string Rhythm => CronExpression is not null ? $"{CronExpression} ({Timezone})" : Interval is { ValueKind: JsonValueKind.Object } every ? "every " + string.Join(' ', every.EnumerateObject().Where(x => x.Value.ToString() != "0").Select(x => $"{x.Value} {x.Name}")) : "once";
}

public sealed record NextRun(DateTimeOffset RunAt, string LocalTime, string? Note);

public sealed record AuditView(long Id, DateTimeOffset At, string Actor, string Credential, string Surface, string Action, string? ObjectType, string? ObjectId, string? Address, string Outcome, string? Code);

public sealed record AuditPage(IReadOnlyList<AuditView> Items, long Total, string? NextCursor);

public sealed record HealthView(string Status, string Message, IReadOnlyDictionary<string, CheckView> Checks, DateTimeOffset Timestamp);

public sealed record CheckView(string Status, string Message);

/// <summary>What a bulk call did, or would do.</summary>
public sealed record BulkAnswer(long Matched, long Cancelled, long Retried, long Deleted, long Skipped, bool Finished)
{
    public long Done => Cancelled + Retried + Deleted;

    /// <summary>Of a dry run: how many it would be done to.</summary>
    public long Would => Matched - Skipped;
}

public sealed record Named(string Id);

/// <param name="Total">How many there are, on all pages.</param>
public sealed record Listed<T>(IReadOnlyList<T> Items, long Total = 0);

public sealed record JobCounts(IReadOnlyDictionary<string, long> ByStatus);
