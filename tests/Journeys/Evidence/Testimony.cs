using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>One job, from all four sides: what was ordered, what the API says of it, its steps, and what the ledger saw.</summary>
public sealed record Testimony(Order Order, JobView Job, IReadOnlyList<JobStep> Steps, IReadOnlyList<Execution> Runs)
{
    static readonly string[] Finals = ["completed", "failed", "timeout", "cancelled", "expired", "force_completed"];

    /// <summary>A connection that one process closes is seen as closed by the ledger a moment after another call may have begun.</summary>
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(150);

    /// <summary>What in it breaks which invariant; empty when all is well.</summary>
    public IEnumerable<string> Breaches() =>
        from rule in Rules()
        where !rule.Holds
        select $"{rule.Invariant} {Order.Label}: {rule.Otherwise}. {this}";

    IEnumerable<(string Invariant, bool Holds, string Otherwise)> Rules() =>
    [
        ("I1", Job.IsFinal, "has not ended"),
        ("I2", Runs.All(run => run.JobId == Job.Id), "ran under another job's id"),
        ("I3", Job.Status != "completed" || Runs.Any(run => run.Attempt == Job.Attempt && run.Status == 200), "completed without a successful run of that attempt"),
        ("I4", Runs.Count <= 1 + Steps.Count(step => step.Event is "lease_lost" or "retrying" or "retry_requested"), "ran more often than it was given out"),
        ("I4", Runs.DistinctBy(run => run.Attempt).Count() == Runs.Count, "ran the same attempt twice"),
        ("I4", Runs.All(run => run.Attempt >= 1 && run.Attempt <= Job.Attempt), "ran an attempt that it does not know"),
        ("I5", HasOneEndPerLife(), "did not end exactly once"),
        ("I6", OverlapsOnlyAfterLoss(), "ran twice at the same time without a lost lease"),
        ("I7", KeptToItsCancel(), "started after its cancel was acknowledged"),
    ];

    /// <summary>One final step, and after it nothing but refused reports, until someone asks for a retry.</summary>
    bool HasOneEndPerLife()
    {
        var ended = false;
        foreach (var step in Steps.Where(step => step.Event != "report_refused"))
        {
            if (ended && step.Event != "retry_requested")
            {
                return false;
            }
            ended = Finals.Contains(step.Event);
        }
        return ended;
    }

    bool OverlapsOnlyAfterLoss() => Runs.Zip(Runs.Skip(1)).All(pair =>
        pair.First.EndedAt is { } ended && ended <= pair.Second.StartedAt + Tick
        || Steps.Any(step => step.Event == "lease_lost" && step.Attempt == pair.First.Attempt && step.At <= pair.Second.StartedAt + Tick));

    /// <summary>After "cancelled" nothing starts. After "asked to stop" no other attempt starts: the current one may be just about to.</summary>
    bool KeptToItsCancel() => Order.Cancel switch
    {
        null => true,
        { Status: "cancelled" } cancel => Job.Status == "cancelled" && Runs.All(run => run.StartedAt <= cancel.At),
        { } cancel => Runs.All(run => run.StartedAt <= cancel.At || run.Attempt <= cancel.Attempt),
    };

    public override string ToString() =>
        $"Job {Job.Id} {Job.Status}, attempt {Job.Attempt}, {Order.Cancel}. "
        + $"Steps: {string.Join(' ', Steps.Select(step => $"{step.At:ss.fff}:{step.Event}/{step.Attempt}"))}. Runs: {string.Join("; ", Runs)}";
}
