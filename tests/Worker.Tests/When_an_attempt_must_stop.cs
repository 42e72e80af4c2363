using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class When_an_attempt_must_stop
{
    static readonly TimeSpan soon = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Should_be_cancelled_when_the_task_follows_its_token()
    {
        JobStopReason? reason = null;
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (TaskContext job, CancellationToken ct) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            finally
            {
                reason = job.StopReason;
            }
        }));
        var id = await rig.Submit("task");
        await Running(rig, id);
        await rig.Cancel(id, "not needed any more");
        var end = await rig.End(id);
        Assert.Equal((AttemptStep.Cancelled, "not needed any more"), (end.Step, end.Error?.Message));
        Assert.Equal(JobStopReason.CancelRequested, reason);
    }

    [Fact]
    public async Task Should_stay_completed_when_the_task_finishes_its_work()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (CancellationToken ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct).ContinueWith(_ => { }, TaskScheduler.Default);
            return "done all the same";
        }));
        var id = await rig.Submit("task");
        await Running(rig, id);
        await rig.Cancel(id);
        Assert.Equal(AttemptStep.Completed, (await rig.End(id)).Step);
    }

    [Fact]
    public async Task Should_be_written_off_as_cancelled_when_the_task_ignores_its_token()
    {
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x =>
        {
            (x.Slots, x.CancelGrace) = (1, soon);
            x.Tasks.MapTask("task", async () => await go.Task);
            x.Tasks.MapTask("next", () => 1);
        });
        var id = await rig.Submit("task");
        await Running(rig, id);
        await rig.Cancel(id);
        Assert.Equal(AttemptStep.Cancelled, (await rig.End(id)).Step);
        // Its slot is free while it still runs
        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("next"))).Step);
        go.SetResult();
        await rig.End(await rig.Submit("next"));
        Assert.Equal(1, rig.Reports.Count(x => x.JobId == id && x.Step != AttemptStep.Started));
    }

    [Fact]
    public async Task Should_not_start_when_it_is_cancelled_while_it_waits_for_a_slot()
    {
        var (ran, go) = (false, new TaskCompletionSource());
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("block", async () => await go.Task);
            x.Tasks.MapTask("task", async () =>
            {
                await Task.Yield();
                ran = true;
            });
        }, new FakeTimeProvider());
        await Running(rig, await rig.Submit("block"));
        var id = await rig.Submit("task");
        await rig.Grant(id);
        await Eventually.Holds(() => rig.Services.GetRequiredService<Attempts>().Waiting == 1);

        await rig.Cancel(id, "not needed any more");
        await Eventually.Holds(() => rig.Services.GetRequiredService<Attempts>().All().Any(x => x.StopReason == JobStopReason.CancelRequested));
        go.SetResult();

        Assert.Equal((AttemptStep.Cancelled, "not needed any more"), ((await rig.End(id)).Step, rig.EndOf(id)?.Error?.Message));
        Assert.False(ran);
    }

    [Fact]
    public async Task Should_time_out_when_the_task_follows_its_token()
    {
        await using var rig = await WorkerRig.Start(
            x => x.Tasks.MapTask("task", (CancellationToken ct) => Task.Delay(Timeout.Infinite, ct)));
        var end = await rig.End(await rig.Submit("task", timeout: 0.2));
        Assert.Equal((AttemptStep.TimedOut, "timeout"), (end.Step, end.Error?.Type));
        Assert.InRange(end.FinishedAt - end.StartedAt ?? default, TimeSpan.FromSeconds(0.15), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Should_time_out_when_the_task_ignores_its_token_and_ends_too_late()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async () =>
        {
            await Task.Delay(600);
            return "late";
        }));
        var end = await rig.End(await rig.Submit("task", timeout: 0.2));
        Assert.Equal((AttemptStep.TimedOut, null), (end.Step, end.Result));
    }

    [Fact]
    public async Task Should_report_nothing_when_the_attempt_is_revoked()
    {
        JobStopReason? reason = null;
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (TaskContext job, CancellationToken ct) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            finally
            {
                reason = job.StopReason;
            }
        }));
        var id = await rig.Submit("task");
        await Running(rig, id);
        await rig.Revoke(id);
        await Eventually.Holds(() => reason == JobStopReason.LeaseLost);
        var other = await rig.Submit("task", timeout: 0.1);
        await rig.End(other);
        Assert.Null(rig.EndOf(id));
    }

    [Fact]
    public async Task Should_hold_the_lease_by_heartbeats_as_long_as_it_runs()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (TaskContext job, CancellationToken ct) =>
        {
            await Task.Delay(5000, ct);
            return job.StopReason.ToString();
        }));
        // The setting says 10 s, but the lease needs more: three in each of its lengths
        var id = await rig.Submit("task", lease: 3);
        Assert.Equal("None", (await rig.End(id)).Result?.GetString());
        Assert.InRange(rig.Beats.Count(x => x.Attempts.Any(a => a.JobId == id)), 3, 6);
    }

    [Fact]
    public async Task Should_drain_when_the_worker_stops()
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Drain = TimeSpan.FromSeconds(1);
            x.Tasks.MapTask("short", async () => await Task.Delay(400));
            x.Tasks.MapTask("long", (CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
            x.Tasks.MapTask("deaf", () => Task.Delay(TimeSpan.FromSeconds(20)));
        });
        var ids = new[] { await rig.Submit("short"), await rig.Submit("long"), await rig.Submit("deaf") };
        foreach (var id in ids)
        {
            await Running(rig, id);
        }
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await rig.Stop();
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        Assert.Equal([AttemptStep.Completed, AttemptStep.Released, AttemptStep.Released], ids.Select(x => rig.EndOf(x)?.Step));
        Assert.Equal("stopped", rig.Beats.MaxBy(x => x.SentAt)!.Status);
        Assert.Contains(rig.Beats, x => x.Status == "draining");
    }

    [Fact]
    public async Task Should_take_nothing_more_once_it_drains()
    {
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("task", async () => await go.Task);
        });
        var first = await rig.Submit("task");
        await Running(rig, first);
        var waiting = await rig.Submit("task");
        var stop = rig.Stop();
        await Eventually.Holds(() => rig.Beats.Any(x => x.Status == "draining"));
        go.SetResult();
        await stop;
        Assert.Equal(AttemptStep.Completed, rig.EndOf(first)?.Step);
        Assert.DoesNotContain(waiting, rig.Granted);
    }

    static Task Running(WorkerRig rig, Guid id) =>
        Eventually.Holds(() => rig.Reports.Any(x => x.JobId == id && x.Step == AttemptStep.Started));
}
