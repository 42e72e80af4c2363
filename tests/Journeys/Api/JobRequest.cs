using System.Text.Json.Nodes;

namespace JobSystem.Journeys.Api;

/// <summary>The body of <c>POST /api/v1/jobs</c>; what is null is not sent.</summary>
public sealed record JobRequest
{
    public required string TaskName { get; init; }
    public object?[]? Args { get; init; }
    public JsonObject? Kwargs { get; init; }
    public string? QueueName { get; init; }
    public string? Priority { get; init; }
    public DateTimeOffset? ScheduledAt { get; init; }
    public double? Delay { get; init; }
    public int? MaxRetries { get; init; }
    public double? RetryDelay { get; init; }
    public double? Timeout { get; init; }
    public string[]? Tags { get; init; }
    public JsonObject? Metadata { get; init; }
    public string? Version { get; init; }
    public string? JobId { get; init; }
    public string? IdempotencyKey { get; init; }
    public double? ExpiresIn { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public string? Title { get; init; }
    public string? Description { get; init; }
    public bool? Broadcast { get; init; }

    public static JobRequest Echo(params object?[] args) => new() { TaskName = "echo", Args = args };

    public static JobRequest Sleep(double seconds) =>
        new() { TaskName = "sleep", Kwargs = new JsonObject { ["seconds"] = seconds } };

    /// <summary>A job whose runs the ledger sees: for the executors, or for workers that have another task which calls a URL.</summary>
    public static JobRequest Call(string url, string? task = null) =>
        new() { TaskName = task ?? "http_request", Kwargs = new JsonObject { ["url"] = url } };
}
