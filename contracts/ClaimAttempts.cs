using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// An executor has free slots for these tickets and asks for the jobs behind them. Answered with <see cref="AttemptsGranted"/> to the
/// executor's inbox.
/// </summary>
public sealed record ClaimAttempts
{
    /// <summary>Id of the executor process; its inbox is <see cref="BusAddresses.ExecutorInbox"/>.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>The tickets.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<AttemptClaim> Items { get; init; }
}

/// <summary>One ticket that an executor wants to run.</summary>
public sealed record AttemptClaim
{
    /// <summary>The job.</summary>
    [JsonPropertyName("job_id")]
    public required Guid JobId { get; init; }

    /// <summary>The attempt of the ticket.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }
}
