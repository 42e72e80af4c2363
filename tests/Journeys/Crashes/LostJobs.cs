using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>kill -9 of an executor with ten running jobs: the same scenario for short leases and for the default ones.</summary>
static class LostJobs
{
    public static async Task RunElsewhere(Stack stack, TimeSpan within)
    {
        var orders = await FillAllSlots(stack);
        var lost = orders.Where(order => stack.ExecutorOf(stack.Ledger.Of(order.Label)[0]) == "executor-1").ToList();
        Assert.Equal(10, lost.Count);

        await stack.Kill("executor-1");
        var killed = TimeProvider.System.GetUtcNow();
        foreach (var order in orders.Except(lost))
        {
            stack.Ledger.Release(order.Label);
        }

        foreach (var order in lost)
        {
            var again = (await stack.Ledger.Until(order.Label, runs => runs.Count == 2, within + TimeSpan.FromSeconds(5)))[1];
            Assert.InRange(again.StartedAt - killed, TimeSpan.Zero, within);
            stack.Ledger.Release(order.Label);
        }
        foreach (var order in orders)
        {
            var job = await stack.Client.WaitFor(order.JobId!);
            Assert.Equal(("completed", 0), (job.Status, job.RetryCount));
            Assert.Equal(lost.Contains(order) ? 2 : 1, stack.Ledger.Of(order.Label).Count);
        }
        await Invariants.Hold(stack, orders);
        await stack.Start("executor-1");
    }

    static async Task<List<Order>> FillAllSlots(Stack stack)
    {
        var orders = Enumerable.Range(0, stack.Slots).Select(_ => new Order(Deployment.Label("lost")) { Outcome = CallOutcome.Ok }).ToList();
        foreach (var order in orders)
        {
            stack.Ledger.Hold(order.Label);
            order.JobId = (await stack.Client.Submit(JobRequest.Call(stack.Ledger.Url(order.Label)))).Id;
        }
        foreach (var order in orders)
        {
            await stack.Ledger.Started(order.Label);
        }
        return orders;
    }
}
