using System.Net;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_a_job_is_cancelled(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;
    Ledger Ledger => system.Ledger;

    [Fact]
    public async Task Should_never_start_one_that_waits_for_its_time()
    {
        var label = Deployment.Label("delayed");
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label)) with { Delay = 4 });

        var answer = await Client.Cancel(job.Id, "changed my mind");

        Assert.Equal(("cancelled", "changed my mind"), (answer.Status, answer.CancelReason));
        await Client.Run(JobRequest.Call(Ledger.Url(Deployment.Label("later"))) with { Delay = 4.5 });
        Assert.Empty(Ledger.Of(label));
    }

    [Fact]
    public async Task Should_never_start_one_that_waits_for_a_slot()
    {
        var (blockers, label) = (Deployment.Label("blocker"), Deployment.Label("waiting"));
        Ledger.Hold(blockers);
        await Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Call(Ledger.Url(blockers)), system.Slots)]);
        await Ledger.Until(blockers, runs => runs.Count == system.Slots);
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label)));

        Assert.Equal("cancelled", (await Client.Cancel(job.Id)).Status);
        Ledger.Release(blockers);

        await Client.Run(JobRequest.Call(Ledger.Url(Deployment.Label("after"))));
        Assert.Empty(Ledger.Of(label));
    }

    [Fact]
    public async Task Should_not_run_the_retry_that_was_due()
    {
        var label = Deployment.Label("retrying");
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label, 0, 500)) with { MaxRetries = 3, RetryDelay = 4 });
        await Support.Eventually.Holds(async () => (await Client.Get(job.Id)).Status == "retrying");

        var answer = await Client.Cancel(job.Id);

        Assert.Equal(("cancelled", 1), (answer.Status, answer.Attempt));
        await Client.Run(JobRequest.Call(Ledger.Url(Deployment.Label("later"))) with { Delay = 4.5 });
        Assert.Single(Ledger.Of(label));
    }

    [Fact]
    public Task Should_stop_a_running_task_within_a_second() => Lateness.IsAtMost(TimeSpan.FromSeconds(1), async () =>
    {
        var label = Deployment.Label("running");
        Ledger.Hold(label);
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label)));
        await Ledger.Started(label);

        var answer = await Client.Cancel(job.Id, "enough");

        // Whether it has stopped already is a matter of speed
        Assert.NotNull(answer.CancelRequestedAt);
        var run = (await Ledger.Until(label, runs => runs.Any(run => run.End == ExecutionEnd.Aborted)))[0];
        var final = await Client.WaitFor(job.Id);
        Assert.Equal(("cancelled", 1), (final.Status, final.Attempt));
        Assert.Single(Ledger.Of(label));
        Ledger.Release(label);
        return run.EndedAt!.Value - answer.CancelRequestedAt!.Value;
    });

    [Fact]
    public Task Should_write_off_a_task_that_ignores_its_token_after_the_grace_period() => Lateness.IsAtMost(TimeSpan.FromSeconds(2), async () =>
    {
        var job = await Client.Submit(new JobRequest { TaskName = "sleep", Kwargs = new() { ["seconds"] = 30, ["ignore_cancel"] = true } });
        await Support.Eventually.Holds(async () => (await Client.Get(job.Id)).Status == "running");
        var answer = await Client.Cancel(job.Id);

        var final = await Client.WaitFor(job.Id);

        Assert.Equal("cancelled", final.Status);
        var grace = TimeSpan.FromSeconds(Deployment.GraceSeconds);
        return final.CompletedAt!.Value - answer.CancelRequestedAt!.Value - (grace * 0.9);
    });

    [Fact]
    public async Task Should_refuse_when_it_has_already_ended()
    {
        var job = await Client.Run(JobRequest.Echo("done"));

        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.Cancel(job.Id));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Equal("completed", (await Client.Get(job.Id)).Status);
    }

    [Fact]
    public async Task Should_run_it_after_all_when_a_retry_is_asked_for()
    {
        var label = Deployment.Label("revived");
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label)) with { Delay = 60 });
        await Client.Cancel(job.Id);

        var answer = await Client.Retry(job.Id);

        Assert.Equal(job.Id, answer.Id);
        // A worker may already have it
        Assert.Contains(answer.Status, (string[])["pending", "reserved", "running", "completed"]);
        Assert.Equal("completed", (await Client.WaitFor(job.Id)).Status);
        Assert.Single(Ledger.Of(label));
        Assert.Equal(["cancelled", "retry_requested", "completed"],
            (await Client.Steps(job.Id)).Select(step => step.Event).Where(word => word is "cancelled" or "retry_requested" or "completed"));
    }
}

[Collection(Standalone.Name)]
public sealed class When_a_job_is_cancelled_standalone(Standalone system) : When_a_job_is_cancelled(system);

[Collection(Stack.Name)]
public sealed class When_a_job_is_cancelled_on_the_stack(SharedStack system) : When_a_job_is_cancelled(system);
