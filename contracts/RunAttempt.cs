using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// The ticket: one job of this queue is ready. It carries no payload; an executor claims the attempt before it runs. A duplicate is
/// harmless, its claim is denied.
/// </summary>
public sealed record RunAttempt
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>Number of the attempt that the ticket is for: the fencing token, from 1.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>Name of the task, so that an executor without it can give the ticket back.</summary>
    [JsonPropertyName("task_name")]
    public required string TaskName { get; init; }

    /// <summary>Version of the task that the job asked for, if any.</summary>
    [JsonPropertyName("version")]
    public string? Version { get; init; }

    /// <summary>When the job became ready, in Unix microseconds: orders equal priorities by age.</summary>
    [JsonPropertyName("ready_at")]
    public required long ReadyAt { get; init; }

    /// <summary>
    /// The job's priority as the broker's level, see <see cref="Contracts.Priority.ToLevel"/>: orders the tickets that wait inside an
    /// executor, and all of them on a transport without priorities.
    /// </summary>
    [JsonPropertyName("priority")]
    public required byte Priority { get; init; }
}
