using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Evidence;

/// <summary>All slots are held, then jobs of low priority come and after them critical ones: who starts first when the slots become free?</summary>
static class PriorityProbe
{
    public static async Task<IReadOnlyList<string>> Starts(Stack stack)
    {
        var (held, low, critical) = (Deployment.Label("held"), Deployment.Label("low"), Deployment.Label("critical"));
        stack.Ledger.Hold(held);
        await Submit(stack, held, stack.Slots, "critical");
        await stack.Ledger.Until(held, runs => runs.Count == stack.Slots, Deployment.Recovery);
        await Submit(stack, low, 3 * stack.Slots, "low");
        await Submit(stack, critical, 2 * stack.Slots, "critical");
        stack.Ledger.Release(held);
        await stack.Ledger.Until(low, runs => runs.Count == 3 * stack.Slots, Deployment.Recovery);
        await stack.Ledger.Until(critical, runs => runs.Count == 2 * stack.Slots, Deployment.Recovery);
        return [.. stack.Ledger.Of(low).Select(run => (run.Number, "low")).Concat(stack.Ledger.Of(critical).Select(run => (run.Number, "critical")))
            .Order().Select(start => start.Item2)];
    }

    static Task<IReadOnlyList<string>> Submit(Stack stack, string label, int count, string priority) =>
        stack.Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Call(stack.Ledger.Url(label, 100)) with { Priority = priority }, count)]);
}
