using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class When_more_is_requested_than_there_are_slots
{
    [Fact]
    public async Task Should_run_no_more_than_there_are_slots()
    {
        var (running, most) = (0, 0);
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 2;
            x.Tasks.MapTask("task", async () =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Delay(TimeSpan.FromMilliseconds(1));
                Interlocked.Decrement(ref running);
            });
        });
        var jobs = new List<Guid>();
        for (var i = 0; i < 300; i++)
        {
            jobs.Add(await rig.Submit("task"));
        }
        await Eventually.Holds(() => jobs.All(x => rig.EndOf(x) is not null));

        Assert.All(jobs, x => Assert.Contains(rig.EndOf(x)!.Step, new[] { AttemptStep.Completed, AttemptStep.Released }));
        Assert.InRange(most, 1, 2);
        Assert.InRange(rig.Requests.Max(x => x.Count), 3, 2 + 512);
    }

    /// <summary>JobApi's instances may hold two copies of a request for a moment.</summary>
    [Fact]
    public async Task Should_release_what_does_not_start_in_time_and_request_no_more_than_there_are_slots()
    {
        var (time, go) = (new FakeTimeProvider(), new TaskCompletionSource());
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 2;
            x.Tasks.MapTask("long", () => go.Task);
        }, time);
        Guid[] first = [await rig.Submit("long"), await rig.Submit("long")];
        await Eventually.Holds(() => first.All(job => rig.Reports.Any(x => x.JobId == job && x.Step == AttemptStep.Started)));
        var requests = rig.Services.GetRequiredService<AttemptRequests>();
        for (var n = 0; n < 100; n++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            rig.Services.GetRequiredService<Prefetch>().AddEnd();
        }
        Assert.InRange(requests.Places, 3, int.MaxValue);
        rig.Answer = _ => false;
        Guid[] others = [await rig.Submit("long"), await rig.Submit("long")];
        foreach (var job in others)
        {
            await rig.Grant(job);
        }
        await Eventually.Holds(() => rig.Services.GetRequiredService<Attempts>().Waiting == 2);
        time.Advance(Attempts.LongestWait / 2);
        Assert.Equal(2, rig.Services.GetRequiredService<Attempts>().Waiting);
        time.Advance(Attempts.LongestWait / 2);
        var ends = await Task.WhenAll(others.Select(rig.End));

        Assert.All(ends, x => Assert.Equal((AttemptStep.Released, null), (x.Step, x.StartedAt)));
        Assert.Equal(2, requests.Places);
        go.SetResult();
        foreach (var job in first)
        {
            Assert.Equal(AttemptStep.Completed, (await rig.End(job)).Step);
        }
        Assert.Equal(2, rig.Beats.Last().Slots);
    }

    [Fact]
    public async Task Should_release_what_has_not_started_when_it_stops()
    {
        var (time, go) = (new FakeTimeProvider(), new TaskCompletionSource());
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("long", () => go.Task);
        }, time);
        var running = await rig.Submit("long");
        await Eventually.Holds(() => rig.Reports.Any(x => x.Step == AttemptStep.Started));
        var waiting = await rig.Submit("long");
        await rig.Grant(waiting);
        await Eventually.Holds(() => rig.Services.GetRequiredService<Attempts>().Waiting == 1);

        var stoppedAt = time.GetUtcNow();
        var stop = rig.Stop();

        var end = await rig.End(waiting);
        Assert.Equal(AttemptStep.Released, end.Step);
        Assert.InRange(end.FinishedAt!.Value - stoppedAt, TimeSpan.Zero, Attempts.LongestWait / 4);
        Assert.Null(rig.EndOf(running));
        go.SetResult();
        Assert.Equal(AttemptStep.Completed, (await rig.End(running)).Step);
        await stop;
    }

    [Fact]
    public async Task Should_start_the_best_first()
    {
        var order = new List<string>();
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("first", () => go.Task);
            x.Tasks.MapTask("task", (string name) => order.Add(name));
        }, new FakeTimeProvider());
        await rig.Submit("first");
        await Eventually.Holds(() => rig.Reports.Any(x => x.Step == AttemptStep.Started));
        Guid[] jobs =
        [
            await rig.Submit("task", new { name = "low" }, priority: 1),
            await rig.Submit("task", new { name = "high" }, priority: 4),
            await rig.Submit("task", new { name = "high, later" }, priority: 4),
        ];
        foreach (var job in jobs.Reverse())
        {
            await rig.Grant(job);
        }
        await Eventually.Holds(() => rig.Services.GetRequiredService<Attempts>().Waiting == 3);

        go.SetResult();

        await Task.WhenAll(jobs.Select(rig.End));
        Assert.Equal(["high", "high, later", "low"], order);
    }

    /// <summary>Otherwise a job whose worker dies for another reason, again and again, would be taken for the cause.</summary>
    [Fact]
    public async Task Should_report_the_start_first_when_workers_died_before()
    {
        WorkerRig? rig = null;
        var reported = new List<string>();
        await using var started = rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () =>
        {
            reported.AddRange(rig!.Reports.Select(report => report.Step));
        }));

        var job = await rig.Submit("task", lostCount: 1);

        Assert.Equal(AttemptStep.Completed, (await rig.End(job)).Step);
        await Eventually.Holds(() => rig.Reports.Select(x => x.Step).SequenceEqual([AttemptStep.Started, AttemptStep.Completed]));
        Assert.DoesNotContain(AttemptStep.Completed, reported);
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (var known = Volatile.Read(ref most); value > known;)
        {
            known = Interlocked.CompareExchange(ref most, value, known) is var seen && seen == known ? value : seen;
        }
    }
}
