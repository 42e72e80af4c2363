using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Evidence;

/// <summary>More jobs than there are slots, in several queues, for both kinds of workers.</summary>
sealed class Backlog
{
    const int BatchSize = 1000;
    const int JobMs = 300;

    readonly Deployment _system;
    readonly HashSet<string> _labels;

    Backlog(Deployment system, IReadOnlyList<Order> orders) => (_system, Orders, _labels) = (system, orders, [.. orders.Select(order => order.Label)]);

    public IReadOnlyList<Order> Orders { get; }

    /// <summary>One job in six is for the second kind of worker, which has about that share of the slots.</summary>
    public static async Task<Backlog> Submit(Deployment system, IReadOnlyList<string> queues, int each)
    {
        var name = Deployment.Label("backlog");
        var plans = Enumerable.Range(0, queues.Count * each)
            .Select(n => (Order: new Order($"{name}-{n}") { Outcome = CallOutcome.Ok }, Queue: queues[n % queues.Count], Other: n / queues.Count % 6 == 0));
        var orders = new List<Order>();
        foreach (var batch in plans.Chunk(BatchSize))
        {
            var ids = await system.Client.SubmitBatch([.. batch.Select(plan =>
                JobRequest.Call(system.Ledger.Url(plan.Order.Label, JobMs), plan.Other ? LedgerWorker.Task : null) with { QueueName = plan.Queue })]);
            foreach (var (plan, id) in batch.Zip(ids))
            {
                plan.Order.JobId = id;
                orders.Add(plan.Order);
            }
        }
        return new Backlog(system, orders);
    }

    /// <summary>Whatever happens now happens to reserved and running jobs. In any moment some slots are between two jobs.</summary>
    public Task HoldsTheSlots() => Eventually.Holds(
        () => _system.Ledger.All.Count(run => run.End == ExecutionEnd.None
            && _labels.Contains(run.Label)) >= _system.Slots * 3 / 4, TimeSpan.FromSeconds(30), "the slots of the executors are held");

    public Task Ended(TimeSpan within) => Eventually.Passes(() =>
    {
        var open = Orders.Where(order => !_system.Ledger.Of(order.Label).Any(run => run.Status == 200)).ToList();
        Assert.True(open.Count == 0, $"{open.Count} of {Orders.Count} jobs have not run to their end, such as {string.Join(' ', open.Take(3).Select(order => order.JobId))}");
        return Task.CompletedTask;
    }, within);
}
