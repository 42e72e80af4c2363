using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

[Collection(Stack.Name)]
public sealed class When_an_executor_dies(SharedStack stack) : Journey(stack)
{
    static readonly TimeSpan Recovery = TimeSpan.FromSeconds(Deployment.LeaseSeconds + 1 + 5);

    [Fact]
    public Task Should_run_its_ten_jobs_elsewhere_once_more_each() => LostJobs.RunElsewhere(stack, Recovery);

    [Fact]
    public async Task Should_refuse_the_late_reports_of_one_that_was_only_frozen()
    {
        var work = await HeldWork.Begin(stack, "executor-1", 5);
        // The other executor needs free slots to take them over
        work.Release(work.Orders.Except(work.OnVictim));
        stack.Signal("executor-1", SignalNumber.Stop);
        var frozen = TimeProvider.System.GetTimestamp();
        try
        {
            foreach (var order in work.OnVictim)
            {
                var runs = await stack.Ledger.Until(order.Label, runs => runs.Count == 2, Recovery);
                Assert.NotEqual(runs[0].WorkerId, runs[1].WorkerId);
            }
            // both calls of each job are answered, but the frozen process cannot read its answers yet
            work.ReleaseAll();
            foreach (var order in work.OnVictim)
            {
                await Ends(order, "completed", attempt: 2);
            }
            var rest = TimeSpan.FromSeconds(3 * Deployment.LeaseSeconds) - TimeProvider.System.GetElapsedTime(frozen);
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        }
        finally
        {
            stack.Signal("executor-1", SignalNumber.Continue);
        }

        // Whichever attempt hears that it is revoked before it reads the answer of its call reports nothing
        await Eventually.Passes(async () =>
        {
            var steps = await Task.WhenAll(work.OnVictim.Select(order => stack.Client.Steps(order.JobId!)));
            Assert.Contains(steps.SelectMany(x => x), step => step.Event == "report_refused" && Number(step, "attempt") == 1);
        });
        foreach (var order in work.OnVictim)
        {
            await Ends(order, "completed", attempt: 2);
            Assert.Equal($"{order.Label} 2", (await stack.Client.Get(order.JobId!)).Result!.Value.GetProperty("body").GetString());
        }
        await Invariants.Hold(stack, work.Orders);
    }

    [Fact]
    public async Task Should_not_notice_a_pause_shorter_than_the_lease()
    {
        var work = await HeldWork.Begin(stack, "executor-1", 5);
        // The other executor needs free slots to take them over
        work.Release(work.Orders.Except(work.OnVictim));
        stack.Signal("executor-1", SignalNumber.Stop);
        await Task.Delay(TimeSpan.FromSeconds(Deployment.LeaseSeconds * 0.5));
        stack.Signal("executor-1", SignalNumber.Continue);
        await Task.Delay(TimeSpan.FromSeconds(Deployment.LeaseSeconds));
        work.ReleaseAll();

        foreach (var order in work.Orders)
        {
            await Ends(order, "completed", attempt: 1);
            Assert.Single(stack.Ledger.Of(order.Label));
        }
        await Invariants.Hold(stack, work.Orders);
    }

    [Fact]
    public async Task Should_finish_short_jobs_and_hand_over_long_ones_when_it_is_told_to_stop()
    {
        var longer = await HeldWork.Begin(stack, "executor-1", 5);
        // The other executor needs free slots to take them over
        longer.Release(longer.Orders.Except(longer.OnVictim));
        var shorter = await HeldWork.Begin(stack, "executor-1", 3, delayMs: 1500, hold: false);
        stack.Signal("executor-1", SignalNumber.Terminate);

        // drain time 3 s, grace of tokens, and the process itself
        await stack.Exited("executor-1", TimeSpan.FromSeconds(3 + 5));

        foreach (var order in shorter.OnVictim)
        {
            await Ends(order, "completed", attempt: 1);
            Assert.Single(stack.Ledger.Of(order.Label));
        }
        foreach (var order in longer.OnVictim)
        {
            var runs = await stack.Ledger.Until(order.Label, runs => runs.Count == 2, TimeSpan.FromSeconds(3));
            Assert.Equal(ExecutionEnd.Aborted, runs[0].End);
        }
        longer.ReleaseAll();
        foreach (var order in longer.OnVictim)
        {
            await Ends(order, "completed", attempt: 2);
            Assert.Equal(0, (await stack.Client.Get(order.JobId!)).RetryCount);
        }
        await Invariants.Hold(stack, [.. longer.Orders, .. shorter.Orders]);
    }

    [Fact]
    public async Task Should_give_up_on_a_job_that_took_its_worker_with_it_three_times()
    {
        var order = new Order(Deployment.Label("poison"));
        stack.Ledger.Hold(order.Label);
        order.JobId = (await stack.Client.Submit(JobRequest.Call(stack.Ledger.Url(order.Label)) with { MaxRetries = 10, RetryDelay = 0.1 })).Id;
        for (var times = 1; times <= 3; times++)
        {
            var runs = await stack.Ledger.Until(order.Label, runs => runs.Count == times, Recovery);
            var victim = stack.ExecutorOf(runs[^1]);
            await stack.Kill(victim);
            await stack.Start(victim);
        }

        await Ends(order, "failed", attempt: 3);
        Assert.Equal(3, stack.Ledger.Of(order.Label).Count);
        stack.Ledger.Release(order.Label);
        await Invariants.Hold(stack, [order]);
    }

    /// <summary>Waits for its end; says which steps it took if it is another one.</summary>
    async Task Ends(Order order, string status, int attempt)
    {
        var job = await stack.Client.WaitFor(order.JobId!);
        if ((job.Status, job.Attempt) != (status, attempt))
        {
            var steps = (await stack.Client.Steps(order.JobId!)).Select(x => $"{x.At:HH:mm:ss.fff} {x.Event} {x.WorkerId} {x.Details}");
            Assert.Fail($"expected {status} by attempt {attempt}; got {job.Status} by attempt {job.Attempt}:\n{string.Join('\n', steps)}");
        }
    }

    static int Number(JobStep step, string detail) => step.Details!.Value.GetProperty(detail).GetInt32();
}
