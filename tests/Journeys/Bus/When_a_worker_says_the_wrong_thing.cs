using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Bus;

/// <summary>The fence around an attempt, tried from the other side: by workers that are late, double, or not the one.</summary>
[Collection(Stack.Name)]
public sealed class When_a_worker_says_the_wrong_thing(SharedStack stack) : Journey(stack)
{
    readonly string _task = $"acted_{Guid.CreateVersion7():N}";

    [Fact]
    public async Task Should_grant_an_attempt_to_one_worker_only()
    {
        await using var one = await ActedWorker.Enter(stack, _task);
        await using var two = await ActedWorker.Enter(stack, _task);
        var job = await Submit();

        var granted = await Task.WhenAll(one.Ask(), two.Ask());
        Assert.Equal($"{job} 1", Assert.Single(granted, x => x is not null));
        var (holder, other) = granted[0] is null ? (two, one) : (one, two);
        await holder.Beat(job, 1);
        Assert.All(await Task.WhenAll(one.Ask(), two.Ask()), Assert.Null);

        await other.Report(job, 1, "completed", "not mine");
        await holder.Report(job, 1, "completed", "mine");
        Assert.Equal("mine", (await stack.Client.WaitFor(job)).Result!.Value.GetString());
        Assert.Null(await other.Ask());
    }

    [Fact]
    public async Task Should_refuse_the_reports_of_a_worker_that_lost_its_lease()
    {
        await using var late = await ActedWorker.Enter(stack, _task);
        await using var next = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        Assert.Equal($"{job} 1", await late.Ask());
        await late.Report(job, 1, "started");

        await Eventually.Holds(async () => (await stack.Client.Steps(job)).Any(step => step.Event == "lease_lost"));
        await late.Report(job, 1, "progress");
        Assert.Equal($"{job} 2", await next.Ask());
        await next.Report(job, 2, "started");
        await late.Report(job, 1, "completed", "too late");
        await next.Report(job, 2, "completed", "in time");
        await late.Report(job, 1, "failed");

        var final = await stack.Client.WaitFor(job);
        Assert.Equal(("completed", 2, "in time"), (final.Status, final.Attempt, final.Result!.Value.GetString()));
        await Eventually.Holds(async () => (await stack.Client.Steps(job)).Count(step => step.Event == "report_refused") >= 2);
        Assert.Equal("in time", (await stack.Client.Get(job)).Result!.Value.GetString());
    }

    [Fact]
    public async Task Should_keep_the_lease_as_long_as_it_is_renewed_and_revoke_it_afterwards()
    {
        await using var worker = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        Assert.Equal($"{job} 1", await worker.Ask());
        await worker.Report(job, 1, "started");
        for (var second = 0; second < Deployment.LeaseSeconds + 2; second++)
        {
            await worker.Beat(job, 1);
            await Task.Delay(1000);
        }
        Assert.DoesNotContain(await stack.Client.Steps(job), step => step.Event == "lease_lost");

        await Eventually.Holds(async () => (await stack.Client.Steps(job)).Any(step => step.Event == "lease_lost"));
        await worker.Beat(job, 1);

        var revoked = await worker.Hear("RevokeAttempts");
        Assert.Equal((job, 1), (revoked.GetProperty("items")[0].GetProperty("job_id").GetString(), revoked.GetProperty("items")[0].GetProperty("attempt").GetInt32()));
        await stack.Client.Cancel(job);
    }

    [Fact]
    public async Task Should_cancel_a_reserved_job_through_its_worker()
    {
        await using var worker = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        Assert.Equal($"{job} 1", await worker.Ask());
        Assert.Equal("reserved", (await stack.Client.Get(job)).Status);

        var asked = TimeProvider.System.GetTimestamp();
        var answer = stack.Client.Cancel(job, "not needed");
        var cancel = await worker.Hear("CancelAttempts");
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, TimeSpan.FromSeconds(Deployment.GraceSeconds));
        Assert.Equal(job, cancel.GetProperty("items")[0].GetProperty("job_id").GetString());
        Assert.NotNull((await stack.Client.Get(job)).CancelRequestedAt);
        await worker.Report(job, 1, "cancelled");

        // The answer waits until the worker has heard of the request
        Assert.Equal("cancelled", (await answer).Status);
        Assert.Equal("cancelled", (await stack.Client.WaitFor(job)).Status);
    }

    [Fact]
    public async Task Should_write_off_a_reserved_job_whose_worker_does_not_answer_the_cancel()
    {
        await using var worker = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        Assert.Equal($"{job} 1", await worker.Ask());
        await stack.Client.Cancel(job);

        Assert.Equal("cancelled", (await stack.Client.WaitFor(job, 10)).Status);
        Assert.Null(await worker.Ask());
        await worker.Report(job, 1, "completed", "nevertheless");

        await Eventually.Holds(async () => (await stack.Client.Steps(job)).Any(step => step.Event == "report_refused"));
        Assert.Equal("cancelled", (await stack.Client.Get(job)).Status);
    }

    [Fact]
    public async Task Should_take_the_end_before_the_start_and_everything_twice()
    {
        await using var worker = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        Assert.Equal($"{job} 1", await worker.Ask());
        await worker.Report(job, 1, "completed", "once");
        // Messages are taken in side by side: of two ends the first to be taken counts, whichever was sent first
        await Eventually.Holds(async () => (await stack.Client.Get(job)).Status == "completed");
        foreach (var step in (string[])["started", "completed", "progress", "failed", "released", "snoozed", "timed_out", "cancelled"])
        {
            await worker.Report(job, 1, step, step == "completed" ? "once" : null);
        }
        await worker.Report($"{Guid.CreateVersion7()}", 1, "completed");
        Assert.Null(await worker.Ask());

        var final = await stack.Client.WaitFor(job);
        Assert.Equal(("completed", "once"), (final.Status, final.Result!.Value.GetString()));
        Assert.Single(await stack.Client.Steps(job), step => step.Event is "completed" or "failed" or "timeout" or "cancelled");
        await Broker.IsClean(stack);
    }

    [Fact]
    public async Task Should_give_a_released_job_to_the_next_at_once()
    {
        await using var one = await ActedWorker.Enter(stack, _task);
        await using var two = await ActedWorker.Enter(stack, _task);
        var job = await Submit();
        Assert.Equal($"{job} 1", await one.Ask());
        await one.Report(job, 1, "released");
        await Eventually.Holds(async () => (await stack.Client.Get(job)).Status == "pending");

        Assert.Equal($"{job} 2", await two.Ask());
        await two.Report(job, 2, "completed");

        var final = await stack.Client.WaitFor(job);
        Assert.Equal(("completed", 2, 0), (final.Status, final.Attempt, final.RetryCount));
    }

    async Task<string> Submit() => (await stack.Client.Submit(new JobRequest { TaskName = _task, MaxRetries = 0 })).Id;
}
