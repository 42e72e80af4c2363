using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>As many jobs as a worker of the other kind has slots, which run on it until they are released.</summary>
static class HeldByWorker
{
    /// <param name="beside">Another worker that runs the same task, and takes its share.</param>
    public static async Task<List<Order>> Begin(Deployment system, LedgerWorker worker, LedgerWorker? beside = null)
    {
        var orders = Enumerable.Range(0, LedgerWorker.Slots * (beside is null ? 1 : 2)).Select(_ => new Order(Deployment.Label("held")) { Outcome = CallOutcome.Ok }).ToList();
        foreach (var order in orders)
        {
            system.Ledger.Hold(order.Label);
            order.JobId = (await system.Client.Submit(JobRequest.Call(system.Ledger.Url(order.Label), LedgerWorker.Task))).Id;
        }
        foreach (var order in orders)
        {
            await system.Ledger.Started(order.Label);
        }
        Assert.Equal(LedgerWorker.Slots, orders.Count(order => system.Ledger.Of(order.Label)[0].WorkerId.StartsWith(worker.Name, StringComparison.Ordinal)));
        return orders;
    }

    /// <summary>They are released, and complete after so many runs. A worker that comes back may give back an attempt before it runs.</summary>
    public static async Task End(Deployment system, IReadOnlyList<Order> orders, int runs)
    {
        foreach (var order in orders)
        {
            system.Ledger.Release(order.Label);
        }
        foreach (var order in orders)
        {
            Assert.Equal("completed", (await system.Client.WaitFor(order.JobId!)).Status);
            Assert.Equal(runs, system.Ledger.Of(order.Label).Count);
        }
        await Invariants.Hold(system, orders);
    }
}
