using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Evidence;

/// <summary>Jobs that run once on every worker which has the task. Each child is a job with promises of its own.</summary>
sealed class BroadcastOrders(Stack stack, string queue)
{
    readonly List<Order> _orders = [];

    public async Task Place()
    {
        var order = new Order(Deployment.Label("broadcast"));
        _orders.Add(order);
        try
        {
            var job = JobRequest.Call(stack.Ledger.Url(order.Label, 50)) with
            {
                IdempotencyKey = order.Label,
                QueueName = queue,
                Broadcast = true,
                ExpiresIn = 600
            };
            order.JobId = (await stack.Client.Submit(job)).Id;
            order.Outcome = CallOutcome.Ok;
        }
        catch (Exception open) when (open is ApiException or HttpRequestException or TaskCanceledException)
        {
            order.Outcome = CallOutcome.Unknown;
        }
    }

    /// <summary>The children, once all have ended, and what is wrong with their number.</summary>
    public async Task<(IReadOnlyList<Testimony> Children, IReadOnlyList<string> Breaches)> Examine()
    {
        var (children, breaches) = (new List<Testimony>(), new List<string>());
        foreach (var order in _orders.Where(order => order.JobId is not null))
        {
            await Eventually.Passes(async () => Assert.True((await stack.Client.Get(order.JobId!)).IsFinal, $"broadcast {order.JobId} has not ended"));
            var jobs = (await stack.Client.List($"parent_id={order.JobId}&limit=100")).Items;
            var runs = stack.Ledger.Of(order.Label);
            breaches.AddRange(jobs.GroupBy(job => job.PinnedTo).Where(same => same.Count() > 1)
                .Select(same => $"I2 broadcast {order.JobId}: {same.Count()} children for {same.Key}"));
            breaches.AddRange(runs.Where(run => jobs.All(job => job.Id != run.JobId)).Select(run => $"I2 broadcast {order.JobId}: nobody asked for {run}"));
            foreach (var job in jobs)
            {
                var child = new Order(order.Label) { JobId = job.Id, Outcome = CallOutcome.Ok };
                children.Add(new(child, job, await stack.Client.Steps(job.Id), [.. runs.Where(run => run.JobId == job.Id)]));
            }
        }
        return (children, breaches);
    }
}
