using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Evidence;

/// <summary>
/// What must hold after every fault (docs/reliability.md): no loss, no phantom, a completed job ran, bounded repeats, one end,
/// no overlap without a lost lease, no start after a cancel. All breaches are reported together.
/// </summary>
public sealed class Invariants(Deployment system)
{
    static readonly string[] Finals = ["completed", "failed", "timeout", "cancelled", "expired", "force_completed"];

    /// <summary>A connection that one process closes is seen as closed by the ledger a moment after another call may have begun.</summary>
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(150);

    readonly List<string> _breaches = [];

    /// <summary>Waits until all jobs of the load are final, then checks each one.</summary>
    public static async Task Hold(Deployment system, Load load, TimeSpan? quietWithin = null)
    {
        await Quiet(system.Client, load.Tag, quietWithin ?? TimeSpan.FromSeconds(60));
        var checks = new Invariants(system);
        await checks.Check(load);
        checks.Report($"{load.Orders.Count} orders, {load.Promised} of them promised");
    }

    /// <summary>The same for jobs that a test has handed over itself, each with a label of its own.</summary>
    public static async Task Hold(Deployment system, IReadOnlyList<Order> orders)
    {
        var checks = new Invariants(system);
        await Parallel.ForEachAsync(orders, Concurrently, async (order, _) => await checks.Check(order));
        checks.Report($"{orders.Count} orders");
    }

    static ParallelOptions Concurrently { get; } = new() { MaxDegreeOfParallelism = 8 };

    static Task Quiet(JobsClient client, string tag, TimeSpan within) => Eventually.Passes(async () =>
    {
        var page = await client.List($"tags={tag}&status=pending&status=reserved&status=running&status=retrying&limit=5");
        Assert.True(page.Total == 0, $"{page.Total} jobs have not ended, such as {string.Join(", ", page.Items)}");
    }, within);

    async Task Check(Load load)
    {
        var known = await Everything(load.Tag);
        var byKey = known.ToLookup(job => job.IdempotencyKey);
        foreach (var order in load.Orders)
        {
            if (byKey[order.Label].Count() > 1)
            {
                Breach("I2", $"{order.Label} became {byKey[order.Label].Count()} jobs");
            }
            if (order.Outcome == CallOutcome.Unknown)
            {
                order.JobId ??= byKey[order.Label].FirstOrDefault()?.Id;
            }
        }
        var labels = load.Orders.Select(order => order.Label).ToHashSet();
        foreach (var job in known.Where(job => !labels.Contains(job.IdempotencyKey ?? "")))
        {
            Breach("I2", $"job {job.Id} was asked for by nobody");
        }
        await Parallel.ForEachAsync(load.Orders, Concurrently, async (order, _) => await Check(order));
    }

    async Task<List<JobView>> Everything(string tag)
    {
        var (jobs, cursor) = (new List<JobView>(), "");
        do
        {
            var page = await system.Client.List($"tags={tag}&limit=1000{cursor}");
            jobs.AddRange(page.Items);
            cursor = page.NextCursor is { } next ? $"&cursor={Uri.EscapeDataString(next)}" : null;
        }
        while (cursor is not null);
        return jobs;
    }

    async Task Check(Order order)
    {
        var runs = system.Ledger.Of(order.Label);
        if (order.JobId is null)
        {
            if (runs.Count > 0)
            {
                Breach("I2", $"{order.Label} ({order.Outcome}) has no job, but ran: {Text(runs)}");
            }
            return;
        }
        try
        {
            var job = await system.Client.Get(order.JobId);
            var steps = await system.Client.Steps(order.JobId);
            Compare(order, job, steps, runs);
        }
        catch (ApiException missing)
        {
            Breach("I1", $"{order.Label} was promised as {order.JobId}: {missing.Message}");
        }
    }

    void Compare(Order order, JobView job, IReadOnlyList<JobStep> steps, IReadOnlyList<Execution> runs)
    {
        void Must(string invariant, bool holds, string what)
        {
            if (!holds)
            {
                Breach(invariant, $"{order.Label}: {what}. Job {job.Id} {job.Status}, attempt {job.Attempt}, cancel {order.Cancel}. "
                    + $"Steps: {string.Join(' ', steps.Select(step => $"{step.At:ss.fff}:{step.Event}/{step.Attempt}"))}. Runs: {Text(runs)}");
            }
        }

        Must("I1", job.IsFinal, "has not ended");
        Must("I2", runs.All(run => run.JobId == job.Id), "ran under another job's id");
        Must("I3", job.Status != "completed" || runs.Any(run => run.Attempt == job.Attempt && run.Status == 200), "completed without a successful run of that attempt");
        Must("I4", runs.Count <= 1 + steps.Count(step => step.Event is "lease_lost" or "retrying" or "retry_requested"), "ran more often than it was given out");
        Must("I4", runs.DistinctBy(run => run.Attempt).Count() == runs.Count, "ran the same attempt twice");
        Must("I4", runs.All(run => run.Attempt >= 1 && run.Attempt <= job.Attempt), "ran an attempt that it does not know");
        Must("I5", OneEndPerLife(steps), "did not end exactly once");
        Must("I6", OverlapsOnlyAfterLoss(steps, runs), "ran twice at the same time without a lost lease");
        Must("I7", order.Cancel is not { } cancel || KeptTo(cancel, job, runs), "started after its cancel was acknowledged");
    }

    /// <summary>One final step, and after it nothing but refused reports, until someone asks for a retry.</summary>
    static bool OneEndPerLife(IReadOnlyList<JobStep> steps)
    {
        var ended = false;
        foreach (var step in steps)
        {
            switch (step.Event)
            {
                case "report_refused":
                    break;
                case "retry_requested" when ended:
                    ended = false;
                    break;
                default:
                    if (ended)
                    {
                        return false;
                    }
                    ended = Finals.Contains(step.Event);
                    break;
            }
        }
        return ended;
    }

    static bool OverlapsOnlyAfterLoss(IReadOnlyList<JobStep> steps, IReadOnlyList<Execution> runs) =>
        runs.Zip(runs.Skip(1)).All(pair =>
            pair.First.EndedAt is { } ended && ended <= pair.Second.StartedAt + Tick
            || steps.Any(step => step.Event == "lease_lost" && step.Attempt == pair.First.Attempt && step.At <= pair.Second.StartedAt + Tick));

    /// <summary>After "cancelled" nothing starts. After "asked to stop" no other attempt starts: the current one may be just about to.</summary>
    static bool KeptTo(CancelAnswer cancel, JobView job, IReadOnlyList<Execution> runs) =>
        cancel.Status == "cancelled"
            ? job.Status == "cancelled" && runs.All(run => run.StartedAt <= cancel.At)
            : runs.All(run => run.StartedAt <= cancel.At || run.Attempt <= cancel.Attempt);

    void Breach(string invariant, string what)
    {
        lock (_breaches)
        {
            _breaches.Add($"{invariant} {what}");
        }
    }

    void Report(string checkedWhat)
    {
        if (_breaches.Count > 0)
        {
            Assert.Fail($"{_breaches.Count} breaches in {checkedWhat}:{Environment.NewLine}{string.Join(Environment.NewLine, _breaches.Take(20))}");
        }
    }

    static string Text(IEnumerable<Execution> runs) => string.Join("; ", runs);
}
