using System.Globalization;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Control;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class When_attempts_are_requested
{
    readonly FakeTimeProvider time = new();
    int runs;

    [Fact]
    public async Task Should_run_what_several_responses_grant()
    {
        await using var rig = await Start(time);
        for (var n = 1; n <= 3; n++)
        {
            await rig.End(await rig.Submit("task"));
        }
        Assert.Equal(3, runs);
        // All from the first request
        Assert.Single(rig.Requests);
        Assert.Equal(5, rig.Services.GetRequiredService<AttemptRequests>().Outstanding);
    }

    [Fact]
    public async Task Should_renew_a_request_that_is_not_answered()
    {
        await using var rig = await Start(time);
        await Advance(2);
        await Eventually.Holds(() => rig.Requests.Count == 2);
        Assert.Equal((8, rig.Requests.First().RequestId), (rig.Requests.Last().Count, rig.Requests.Last().Replaces));
        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("task"))).Step);
    }

    [Fact]
    public async Task Should_run_everything_once_JobApi_responds_again()
    {
        await using var rig = await Start();
        rig.Answer = _ => false;
        for (var n = 0; n < 60; n++)
        {
            await rig.Submit("task");
        }
        await Eventually.Holds(() => rig.Requests.Count > 2);
        Assert.Equal(0, runs);

        rig.Answer = _ => true;

        await Eventually.Holds(() => rig.Reports.Count(x => x.Step == AttemptStep.Completed) == 60);
        Assert.Equal(60, runs);
        Assert.InRange(rig.Requests.Max(x => x.Count), 8, 8 + 512);
    }

    [Fact]
    public async Task Should_count_the_lease_from_when_the_request_was_sent()
    {
        await using var rig = await WorkerRig.Start(
            x => x.Tasks.MapTask("task", (TaskContext job) => job.LeaseUntil.ToString("O", CultureInfo.InvariantCulture)), time);
        var sentAt = time.GetUtcNow();
        rig.Answer = _ => false;
        var job = await rig.Submit("task", lease: 30);
        time.Advance(TimeSpan.FromSeconds(20));
        await rig.Grant(job, request: rig.Requests.First().RequestId);
        var leaseUntil = DateTimeOffset.Parse((await rig.End(job)).Result!.Value.GetString()!, CultureInfo.InvariantCulture);
        Assert.Equal(sentAt.AddSeconds(30), leaseUntil, TimeSpan.FromMilliseconds(1));
    }

    /// <summary>As after the process was frozen: another worker may run the job.</summary>
    [Fact]
    public async Task Should_release_what_is_granted_after_the_lease()
    {
        await using var rig = await Start(time);
        rig.Answer = _ => false;
        var job = await rig.Submit("task", lease: 30);
        time.Advance(TimeSpan.FromSeconds(30));
        await rig.Grant(job, request: rig.Requests.First().RequestId);
        Assert.Equal(AttemptStep.Released, (await rig.End(job)).Step);
        Assert.Equal(0, runs);
    }

    /// <summary>JobApi grants an attempt again while it has not read the release; the job would run twice.</summary>
    [Fact]
    public async Task Should_not_start_an_attempt_that_it_has_released()
    {
        await using var rig = await Start();
        rig.Answer = _ => false;
        var job = await rig.Submit("task");
        await rig.Grant(job, request: Guid.CreateVersion7());
        Assert.Equal(AttemptStep.Released, (await rig.End(job)).Step);

        await rig.Grant(job);
        rig.Answer = x => x.JobId != job;
        await rig.End(await rig.Submit("task"));

        Assert.Equal(1, runs);
        // Of the other job a slow machine reports the start too
        Assert.Single(rig.Reports, x => x.JobId == job);
    }

    [Fact]
    public async Task Should_run_once_for_duplicate_grants()
    {
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async () =>
        {
            Interlocked.Increment(ref runs);
            await go.Task;
        }));
        var id = await rig.Submit("task");
        await Eventually.Holds(() => runs == 1);
        await rig.Grant(id);
        go.SetResult();
        await rig.End(id);
        await rig.Grant(id);
        // Another job shows that the worker has handled all of these
        await rig.End(await rig.Submit("task"));
        Assert.Equal(2, runs);
        Assert.Equal(1, rig.Reports.Count(x => x.JobId == id && x.Step == AttemptStep.Completed));
        Assert.DoesNotContain(rig.Reports, x => x.Step == AttemptStep.Released);
    }

    [Fact]
    public async Task Should_release_a_task_that_it_does_not_have()
    {
        await using var rig = await Start();
        Guid[] jobs = [await rig.Submit("other"), await rig.Submit("task", version: "9.9")];
        Assert.Empty(rig.Granted);
        foreach (var job in jobs)
        {
            await rig.Grant(job);
            Assert.Equal(AttemptStep.Released, (await rig.End(job)).Step);
        }
        Assert.Equal(0, rig.Services.GetRequiredService<Attempts>().Unended);
    }

    [Fact]
    public async Task Should_run_what_is_granted_of_a_queue_that_it_does_not_serve_any_more()
    {
        await using var rig = await Start();
        rig.Services.GetRequiredService<ServedQueues>().Replace(["mine"]);
        await Eventually.Holds(() => rig.Requests.Last().Queues is ["mine"]);
        var job = await rig.Submit("task", queue: "other");
        Assert.Empty(rig.Granted);
        await rig.Grant(job, request: rig.Requests.First().RequestId);
        Assert.Equal(AttemptStep.Completed, (await rig.End(job)).Step);
    }

    [Fact]
    public async Task Should_release_everything_while_it_is_paused()
    {
        await using var rig = await Start(time);
        await rig.ToWorker(rig.WorkerId, new ControlWorker { Command = WorkerCommand.Pause });
        await Eventually.Holds(() => rig.Beats.Last().Status == "paused");
        var released = await rig.Submit("task");
        Assert.Equal(AttemptStep.Released, (await rig.End(released)).Step);
        var (first, count) = (rig.Requests.First(), rig.Requests.Count);
        rig.Answer = _ => false;
        var job = await rig.Submit("task");
        await Advance(4);
        Assert.Equal(count, rig.Requests.Count);

        rig.Answer = _ => true;
        await rig.ToWorker(rig.WorkerId, new ControlWorker { Command = WorkerCommand.Resume });

        Assert.Equal(AttemptStep.Completed, (await rig.End(job)).Step);
        Assert.Equal(1, runs);
        Assert.Equal((8, first.RequestId), (rig.Requests.Last().Count, rig.Requests.Last().Replaces));
    }

    [Fact]
    public async Task Should_release_what_is_granted_while_it_stops()
    {
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.MapTask("block", () => go.Task);
            x.Tasks.MapTask("task", () => 1);
        });
        var first = await rig.Submit("block");
        await Eventually.Holds(() => rig.Reports.Any(x => x.Step == AttemptStep.Started));
        var stopping = rig.Services.GetServices<IHostedService>().OfType<WorkerLifetime>().Single().StoppingAsync(default);
        await Eventually.Holds(() => rig.Services.GetRequiredService<AttemptRequests>().IsClosed);

        Assert.Equal(AttemptStep.Released, (await rig.End(await rig.Submit("task"))).Step);
        go.SetResult();
        Assert.Equal(AttemptStep.Completed, (await rig.End(first)).Step);
        await stopping;
    }

    Task<WorkerRig> Start(TimeProvider? clock = null) =>
        WorkerRig.Start(x => x.Tasks.MapTask("task", () => { Interlocked.Increment(ref runs); }), clock);

    /// <summary>In steps, with moments between them, so that what one step causes is done before the next.</summary>
    async Task Advance(double seconds)
    {
        for (var passed = 0.0; passed < seconds; passed += 0.5)
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.Delay(10);
        }
    }
}
