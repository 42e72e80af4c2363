using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

/// <summary>Nothing is to be done, and every executor has asked for attempts. Then somebody who asked, or who was asked, falls silent.</summary>
[Collection(Stack.Name)]
public sealed class When_requests_are_open(SharedStack stack) : Journey(stack)
{
    static readonly TimeSpan Recovery = TimeSpan.FromSeconds(Deployment.LeaseSeconds + Deployment.ScanSeconds + 5);

    /// <summary>Until an executor repeats its requests, and a connection is made again.</summary>
    static readonly TimeSpan FewSeconds = TimeSpan.FromSeconds(6);

    /// <summary>Jobs that were reserved for the frozen one run elsewhere, and it starts none of them when it finds them in its inbox.</summary>
    [Fact]
    public async Task Should_run_elsewhere_what_was_reserved_for_a_frozen_executor()
    {
        stack.Signal("executor-1", SignalNumber.Stop);
        var orders = new List<Order>();
        foreach (var jobApi in (string[])["jobapi-1", "jobapi-2"])
        {
            using var direct = new JobsClient(stack.AddressOf(jobApi), stack["JOBSYSTEM_ADMIN_KEY"]);
            orders.AddRange(await Submit(direct, Stack.SlotsEach, hold: true));
        }
        try
        {
            // The other executor has no room for all of them
            await Task.Delay(TimeSpan.FromSeconds(2));
            stack.Ledger.ReleaseAll();
            await HaveStarted(orders, Recovery);
        }
        finally
        {
            stack.Signal("executor-1", SignalNumber.Continue);
        }
        await Task.Delay(TimeSpan.FromSeconds(Deployment.LeaseSeconds));

        foreach (var order in orders)
        {
            Assert.Equal("executor-2", stack.ExecutorOf(Assert.Single(stack.Ledger.Of(order.Label))));
        }
        await Invariants.Hold(stack, orders);
        var attempts = await Task.WhenAll(orders.Select(async order => (await stack.Client.Get(order.JobId!)).Attempt));
        Assert.True(attempts.Any(attempt => attempt > 1), "nothing was reserved for the frozen executor");
    }

    [Theory]
    [InlineData("jobapi-1", "jobapi-2")]
    [InlineData("jobapi-2", "jobapi-1")]
    public async Task Should_run_jobs_soon_although_a_job_API_took_the_requests_with_it(string killed, string left)
    {
        await stack.Stop(left);
        await Task.Delay(TimeSpan.FromSeconds(3));
        await stack.Start(left);
        await stack.Ready(left);
        using var direct = new JobsClient(stack.AddressOf(left), stack["JOBSYSTEM_ADMIN_KEY"]);
        await stack.Kill(killed);

        var orders = await Submit(direct, 2 * stack.Slots);

        await HaveStarted(orders, FewSeconds);
        await stack.Start(killed);
        await Invariants.Hold(stack, orders);
    }

    [Fact]
    public async Task Should_run_nothing_while_one_executor_is_paused_and_the_other_drains_and_lose_nothing()
    {
        var work = await HeldWork.Begin(stack, "executor-1", 1);
        work.ReleaseAll();
        var paused = stack.Ledger.Of(work.OnVictim[0].Label)[0].WorkerId;
        var load = Load.Start(stack);
        await Eventually.Holds(() => load.Promised >= 40, Recovery, "40 jobs were accepted");

        await Command(paused, "pause");
        await stack.Stop("executor-2");
        var orders = new List<Order>();
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var before = stack.Ledger.All.Count;
            await Task.Delay(TimeSpan.FromSeconds(3));
            Assert.Equal(before, stack.Ledger.All.Count);
            await Command(paused, "resume");
            // One executor may not keep up with the load: this one comes first
            orders = await Submit(stack.Client, 1, priority: "critical");
            await HaveStarted(orders, Recovery);
        }
        finally
        {
            await stack.Start("executor-2");
            await load.Stop();
        }

        await Invariants.Hold(stack, load);
        await Invariants.Hold(stack, orders);
    }

    async Task<List<Order>> Submit(JobsClient client, int count, bool hold = false, string? priority = null)
    {
        var orders = Enumerable.Range(0, count).Select(_ => new Order(Deployment.Label("asked")) { Outcome = CallOutcome.Ok }).ToList();
        orders.ForEach(order =>
        {
            if (hold)
            {
                stack.Ledger.Hold(order.Label);
            }
        });
        var ids = await client.SubmitBatch([.. orders.Select(order => JobRequest.Call(stack.Ledger.Url(order.Label, delayMs: 200)) with { Priority = priority })]);
        foreach (var (order, id) in orders.Zip(ids))
        {
            order.JobId = id;
        }
        return orders;
    }

    async Task HaveStarted(List<Order> orders, TimeSpan within)
    {
        await Eventually.Passes(() =>
        {
            var late = orders.Where(order => stack.Ledger.Of(order.Label).Count == 0).ToList();
            Assert.True(late.Count == 0, $"{late.Count} of {orders.Count} jobs have not started, such as {late.FirstOrDefault()?.JobId}");
            return Task.CompletedTask;
        }, within);
        foreach (var order in orders)
        {
            Assert.Equal("completed", (await stack.Client.WaitFor(order.JobId!)).Status);
        }
    }

    async Task Command(string worker, string command)
    {
        using var answer = await stack.Client.Raw(HttpMethod.Post, $"api/v1/workers/{Uri.EscapeDataString(worker)}/{command}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
