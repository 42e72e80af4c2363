using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Life;

public abstract class When_everything_is_killed(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;
    Ledger Ledger => system.Ledger;

    [Fact]
    public async Task Should_go_on_with_waiting_and_running_jobs()
    {
        var (running, waiting) = (Deployment.Label("running"), Deployment.Label("waiting"));
        Ledger.Hold(running);
        var held = await Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Call(Ledger.Url(running)), system.Slots)]);
        await Ledger.Until(running, runs => runs.Count == system.Slots);
        var queued = await Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Call(Ledger.Url(waiting)), 30)]);
        var delayed = await Client.Submit(JobRequest.Call(Ledger.Url(waiting)) with { Delay = 3 });

        await system.CrashAndRestartEverything();
        Ledger.Release(running);

        foreach (var id in held.Concat(queued).Append(delayed.Id))
        {
            Assert.Equal("completed", (await Client.WaitFor(id)).Status);
        }
        Assert.All(Ledger.Of(running).CountBy(run => run.JobId), runs => Assert.Equal(2, runs.Value));
        Assert.All(Ledger.Of(waiting).CountBy(run => run.JobId), runs => Assert.Equal(1, runs.Value));
    }

    [Fact]
    public async Task Should_keep_to_the_retry_delay_that_was_running()
    {
        var label = Deployment.Label("retry");
        var delay = system.RestartTime * 2.5;
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label, 0, 500, 200)) with { MaxRetries = 1, RetryDelay = delay.TotalSeconds });
        await Eventually.Holds(async () => (await Client.Get(job.Id)).Status == "retrying");

        await system.CrashAndRestartEverything();
        var back = TimeProvider.System.GetUtcNow();

        Assert.Equal("completed", (await Client.WaitFor(job.Id, 60)).Status);
        var runs = Ledger.Of(label);
        // A worker that has just started may give back an attempt before it runs
        Assert.Equal(2, runs.Count);
        var failed = runs[0].EndedAt!.Value;
        var latest = back > failed + delay ? back : failed + delay;
        Assert.InRange(runs[1].StartedAt, failed + delay / 2, latest + TimeSpan.FromSeconds(1.5));
    }
}

[Collection(Standalone.Name)]
public sealed class When_everything_is_killed_standalone(Standalone standalone) : When_everything_is_killed(standalone)
{
    [Fact]
    public async Task Should_do_the_same_after_ctrl_c()
    {
        var (running, waiting) = (Deployment.Label("running"), Deployment.Label("waiting"));
        standalone.Ledger.Hold(running);
        var held = await standalone.Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Call(standalone.Ledger.Url(running)), standalone.Slots)]);
        await standalone.Ledger.Until(running, runs => runs.Count == standalone.Slots);
        var queued = await standalone.Client.Submit(JobRequest.Call(standalone.Ledger.Url(waiting)));

        await standalone.Interrupt();
        await standalone.Launch();
        standalone.Ledger.Release(running);

        foreach (var id in held.Append(queued.Id))
        {
            Assert.Equal("completed", (await standalone.Client.WaitFor(id)).Status);
        }
        Assert.All(standalone.Ledger.Of(running).CountBy(run => run.JobId), runs => Assert.Equal(2, runs.Value));
        Assert.Single(standalone.Ledger.Of(waiting));
    }
}

[Collection(Instances.Name)]
public sealed class When_everything_is_killed_with_instances(Instances instances) : When_everything_is_killed(instances);

[Collection(Stack.Name)]
public sealed class When_everything_is_killed_on_the_stack(SharedStack system) : When_everything_is_killed(system);
