using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Evidence;

/// <summary>One job, from all four sides: what was ordered, what the API says of it, its steps, and what the ledger saw.</summary>
public sealed record Testimony(Order Order, JobView Job, IReadOnlyList<JobStep> Steps, IReadOnlyList<Execution> Runs)
{
    static readonly string[] Finals = ["completed", "failed", "timeout", "cancelled", "expired", "force_completed"];

    /// <summary>A connection that one process closes is seen as closed by the ledger a moment after another call may have begun.</summary>
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(150);

    /// <summary>Each instance of the job API reads the database's clock for itself.</summary>
    static readonly TimeSpan ClocksDiffer = TimeSpan.FromSeconds(1);

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
        ("I10", EndedWithItsLimit(), "ran on beyond its time limit, or completed after it"),
        ("I11", RetriedWithinItsBudget(), "was retried more often than it may be"),
        ("I11", WaitedBeforeEachRetry(), "was retried sooner than its back-off says"),
        ("I14", TellsEveryAttempt(), "has a history with gaps"),
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

    /// <summary>
    /// After "cancelled" nothing starts, until someone asks for a retry. After "asked to stop" no other attempt starts: the current one may be just about to.
    /// </summary>
    bool KeptToItsCancel()
    {
        if (Order.Cancel is not { } cancel)
        {
            return true;
        }
        var again = Steps.Where(step => step.Event == "retry_requested" && step.At >= cancel.At - ClocksDiffer)
            .Select(step => (DateTimeOffset?)step.At).FirstOrDefault();
        var held = Runs.Where(run => run.StartedAt < (again ?? DateTimeOffset.MaxValue)).ToList();
        return cancel.Status == "cancelled"
            ? (again is not null || Job.Status == "cancelled") && held.All(run => run.StartedAt <= cancel.At || CameLate(run, cancel))
            : held.All(run => run.StartedAt <= cancel.At || run.Attempt <= cancel.Attempt);
    }

    /// <summary>
    /// The call of an attempt that ran before the cancel was answered may wait in the ledger's socket on a busy machine: when the ledger
    /// sees it, the worker has already closed the connection.
    /// </summary>
    bool CameLate(Execution run, CancelAnswer cancel) =>
        run.End == ExecutionEnd.Aborted && run.Attempt == cancel.Attempt
        && Steps.Any(step => step.Event == "running" && step.Attempt == run.Attempt && step.At <= cancel.At);

    /// <summary>
    /// The worker stops it; when that fails JobApi does, after the grace of a cancel and a lease. Faults may delay that as long as recovery
    /// may take.
    /// </summary>
    bool EndedWithItsLimit() => Order.Request?.Timeout is not { } limit || Runs.All(run =>
    {
        var most = TimeSpan.FromSeconds(limit + Deployment.GraceSeconds + Deployment.LeaseSeconds + Deployment.ScanSeconds);
        var took = run.EndedAt - run.StartedAt;
        return took <= most + Deployment.Recovery && !(took > most && Job.Status == "completed" && run.Attempt == Job.Attempt);
    });

    bool RetriedWithinItsBudget()
    {
        var used = 0;
        foreach (var step in Steps)
        {
            used = step.Event == "retry_requested" ? 0 : used + (IsRetry(step) ? 1 : 0);
            if (used > (Order.Request?.MaxRetries ?? int.MaxValue))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The pause doubles with each retry and is shortened by a random factor, to half of it at most. A retry by hand starts anew.</summary>
    bool WaitedBeforeEachRetry() => Steps.Where(IsRetry).All(step =>
    {
        var (due, delay, retry) = (step.Details!.Value.GetProperty("due_at").GetDateTimeOffset(), Number(step, "delay"), (int)Number(step, "retry"));
        var next = Runs.Where(run => run.Attempt == step.Attempt + 1).Select(run => run.StartedAt).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        var askedFor = Steps.Any(other => other.Event == "retry_requested" && other.At >= step.At && other.At <= due);
        return askedFor || (next >= due - Tick && delay >= (Order.Request?.RetryDelay ?? 0) * Math.Pow(2, retry - 1) / 2);
    });

    /// <summary>Retries that use up the budget; a job that was given back or snoozed has none of these details.</summary>
    static bool IsRetry(JobStep step) => step.Event == "retrying" && step.Details is { } details && details.TryGetProperty("retry", out _);

    static double Number(JobStep step, string detail) => step.Details!.Value.GetProperty(detail).GetDouble();

    /// <summary>It begins with its creation, goes forward in time, and has each attempt from the first to the last.</summary>
    bool TellsEveryAttempt()
    {
        // A refused report carries the time at which it came, which may be before the loss that it was refused for
        var inOrder = Steps.Where(step => step.Event != "report_refused").ToList();
        var attempts = Steps.Where(step => step.Event == "reserved").Select(step => step.Attempt).Distinct().ToList();
        return Steps is [{ Event: "created" }, ..]
            && inOrder.Select((step, n) => (Earlier: inOrder.Take(n).LastOrDefault(before => !IsTold(step) || IsTold(before) || before.Event == "reserved"), step))
                .All(pair => pair.Earlier is null || pair.Earlier.At <= pair.step.At + ClocksDiffer)
            && attempts.SequenceEqual(Enumerable.Range(1, Job.Attempt))
            && Runs.All(run => attempts.Contains(run.Attempt));
    }

    /// <summary>It has the time at which it happened at the worker. The report may have waited in the broker while something else, such as a request to stop, was written down.</summary>
    static bool IsTold(JobStep step) => step.Event is "running" or "completed" or "failed" or "timeout" or "cancelled";

    public override string ToString() =>
        $"Job {Job.Id} {Job.Status}, attempt {Job.Attempt}, {Order.Cancel}. "
        + $"Steps: {string.Join(' ', Steps.Select(step => $"{step.At:ss.fff}:{step.Event}/{step.Attempt}"))}. Runs: {string.Join("; ", Runs)}";
}
