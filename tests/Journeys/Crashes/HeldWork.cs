using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>Jobs that run until they are released, and which of them run on the executor that is about to suffer.</summary>
sealed class HeldWork
{
    readonly Stack _stack;

    HeldWork(Stack stack, IReadOnlyList<Order> orders, IReadOnlyList<Order> onVictim) => (_stack, Orders, OnVictim) = (stack, orders, onVictim);

    public IReadOnlyList<Order> Orders { get; }

    public IReadOnlyList<Order> OnVictim { get; }

    /// <summary>Submits jobs until <paramref name="atLeast"/> of them run on <paramref name="victim"/>; the broker deals them out as it likes.</summary>
    public static async Task<HeldWork> Begin(Stack stack, string victim, int atLeast, int delayMs = 0, bool hold = true)
    {
        var (orders, onVictim) = (new List<Order>(), new List<Order>());
        while (onVictim.Count < atLeast)
        {
            var order = new Order(Deployment.Label("held")) { Outcome = CallOutcome.Ok };
            if (hold)
            {
                stack.Ledger.Hold(order.Label);
            }
            order.JobId = (await stack.Client.Submit(JobRequest.Call(stack.Ledger.Url(order.Label, delayMs)) with { IdempotencyKey = order.Label })).Id;
            orders.Add(order);
            var run = await stack.Ledger.Started(order.Label);
            if (stack.ExecutorOf(run) == victim)
            {
                onVictim.Add(order);
            }
        }
        return new HeldWork(stack, orders, onVictim);
    }

    public void ReleaseAll() => Release(Orders);

    public void Release(IEnumerable<Order> orders)
    {
        foreach (var order in orders)
        {
            _stack.Ledger.Release(order.Label);
        }
    }
}
