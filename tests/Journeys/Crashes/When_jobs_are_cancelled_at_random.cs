using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

public abstract class When_jobs_are_cancelled_at_random(Deployment deployment) : Journey(deployment)
{
    const int Count = 500;

    [Fact]
    public async Task Should_start_none_after_its_cancel_and_end_each_exactly_once()
    {
        var random = new Random(20_260);
        var orders = Enumerable.Range(0, Count).Select(i => new Order($"{Deployment.Label("cancel")}-{i}")).ToList();
        var plans = orders.Select(order => (Order: order, RunMs: random.Next(0, 300), CancelMs: Moment(random))).ToList();

        await Parallel.ForEachAsync(plans, new ParallelOptions { MaxDegreeOfParallelism = 40 },
            async (plan, _) => await SubmitAndCancel(plan.Order, plan.RunMs, plan.CancelMs));
        foreach (var order in orders)
        {
            Assert.Contains((await system.Client.WaitFor(order.JobId!)).Status, (string[])["cancelled", "completed"]);
        }

        await Invariants.Hold(system, orders);
        var acknowledged = orders.Where(order => order.Cancel is not null).ToList();
        // the moments were well spread: some were caught waiting, some running, some came too late
        Assert.InRange(acknowledged.Count(order => order.Cancel!.Status == "cancelled"), 5, Count);
        Assert.InRange(acknowledged.Count(order => order.Cancel!.Status != "cancelled"), 5, Count);
        Assert.InRange(Count - acknowledged.Count, 5, Count);
    }

    /// <summary>At once, about when it starts, while it runs, and long after.</summary>
    static int Moment(Random random) => random.Next(5) switch
    {
        0 => 0,
        1 => random.Next(20),
        < 4 => random.Next(400),
        _ => random.Next(400, 2000),
    };

    async Task SubmitAndCancel(Order order, int runMs, int cancelMs)
    {
        order.JobId = (await system.Client.Submit(JobRequest.Call(system.Ledger.Url(order.Label, runMs)) with { IdempotencyKey = order.Label })).Id;
        order.Outcome = CallOutcome.Ok;
        await Task.Delay(cancelMs);
        try
        {
            var job = await system.Client.Cancel(order.JobId);
            order.Cancel = new CancelAnswer(job.Status, job.Attempt, TimeProvider.System.GetUtcNow());
        }
        catch (ApiException late) when (late.Status == System.Net.HttpStatusCode.Conflict)
        {
            Assert.Equal("completed", (await system.Client.Get(order.JobId)).Status);
        }
    }
}

[Collection(Standalone.Name)]
public sealed class When_jobs_are_cancelled_at_random_standalone(Standalone system) : When_jobs_are_cancelled_at_random(system);

[Collection(Stack.Name)]
public sealed class When_jobs_are_cancelled_at_random_on_the_stack(SharedStack system) : When_jobs_are_cancelled_at_random(system);
