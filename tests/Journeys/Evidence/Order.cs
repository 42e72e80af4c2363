using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>One job that a test wants done, however many calls it takes to hand it over. Its label is its idempotency key and its name in the ledger.</summary>
public sealed class Order(string label)
{
    public string Label => label;

    /// <summary>What was asked for, when a rule needs to know it.</summary>
    public JobRequest? Request { get; init; }

    /// <summary>Known once a call was answered with it.</summary>
    public string? JobId { get; set; }

    /// <summary>Ok: promised. Fail: refused. Unknown: the job may exist, but at most once.</summary>
    public CallOutcome Outcome { get; set; }

    public CancelAnswer? Cancel { get; set; }
}

/// <summary>What was answered to a cancel, and when.</summary>
/// <param name="Status">Status of the job in the answer: <c>cancelled</c>, or that of a running job which was asked to stop.</param>
/// <param name="Attempt">The attempt that it had then.</param>
/// <param name="At">When the answer arrived.</param>
public sealed record CancelAnswer(string Status, int Attempt, DateTimeOffset At);
