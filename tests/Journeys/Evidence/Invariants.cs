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
    readonly List<string> _breaches = [];
    readonly List<Testimony> _testimonies = [];

    /// <summary>Waits until all jobs of the load are final, then checks each one.</summary>
    public static async Task Hold(Deployment system, Load load, TimeSpan? quietWithin = null)
    {
        await Quiet(system.Client, load.Tag, quietWithin ?? TimeSpan.FromSeconds(60));
        var checks = new Invariants(system);
        await checks.Check(load);
        checks.Judge();
        checks.Report($"{load.Orders.Count} orders, {load.Promised} of them promised");
    }

    /// <summary>What each job of the load says, once all are final; and what is wrong with their number.</summary>
    public static async Task<(IReadOnlyList<Testimony> Jobs, IReadOnlyList<string> Breaches)> Examine(Deployment system, Load load, TimeSpan quietWithin)
    {
        await Quiet(system.Client, load.Tag, quietWithin);
        var checks = new Invariants(system);
        await checks.Check(load);
        return (checks._testimonies, checks._breaches);
    }

    /// <summary>The same for jobs that a test has handed over itself, each with a label of its own.</summary>
    public static async Task Hold(Deployment system, IReadOnlyList<Order> orders)
    {
        var checks = new Invariants(system);
        await Parallel.ForEachAsync(orders, Concurrently, async (order, _) => await checks.Check(order));
        checks.Judge();
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
                Breach($"I2 {order.Label} became {byKey[order.Label].Count()} jobs");
            }
            if (order.Outcome == CallOutcome.Unknown)
            {
                order.JobId ??= byKey[order.Label].FirstOrDefault()?.Id;
            }
        }
        var labels = load.Orders.Select(order => order.Label).ToHashSet();
        foreach (var job in known.Where(job => !labels.Contains(job.IdempotencyKey ?? "")))
        {
            Breach($"I2 job {job.Id} was asked for by nobody");
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
                Breach($"I2 {order.Label} ({order.Outcome}) has no job, but ran: {string.Join("; ", runs)}");
            }
            return;
        }
        try
        {
            var job = await system.Client.Get(order.JobId);
            var steps = await system.Client.Steps(order.JobId);
            lock (_testimonies)
            {
                _testimonies.Add(new(order, job, steps, runs));
            }
        }
        catch (ApiException missing)
        {
            Breach($"I1 {order.Label} was promised as {order.JobId}: {missing.Message}");
        }
    }

    void Judge() => _breaches.AddRange(_testimonies.SelectMany(job => job.Breaches()));

    void Breach(string what)
    {
        lock (_breaches)
        {
            _breaches.Add(what);
        }
    }

    void Report(string checkedWhat)
    {
        if (_breaches.Count > 0)
        {
            Assert.Fail($"{_breaches.Count} breaches in {checkedWhat}:{Environment.NewLine}{string.Join(Environment.NewLine, _breaches.Take(20))}");
        }
    }
}
