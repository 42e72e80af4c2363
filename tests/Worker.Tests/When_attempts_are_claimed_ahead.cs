using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.Tests;

public sealed class When_attempts_are_claimed_ahead
{
    [Fact]
    public async Task Should_claim_more_than_there_are_slots_but_run_no_more()
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
        // As with a database that takes a while for each commit
        rig.Answer = _ =>
        {
            SpinWait.SpinUntil(() => false, TimeSpan.FromMilliseconds(2));
            return "granted";
        };
        var slots = rig.Services.GetRequiredService<SlotScheduler>();
        var places = 0;
        var jobs = new List<Guid>();
        for (var i = 0; i < 300; i++)
        {
            jobs.Add(await rig.Submit("task"));
            places = Math.Max(places, slots.Places);
        }
        await Eventually.Holds(() =>
        {
            places = Math.Max(places, slots.Places);
            return jobs.All(x => rig.EndOf(x) is not null);
        }, TimeSpan.FromSeconds(60));

        Assert.All(jobs, x => Assert.Contains(rig.EndOf(x)!.Step, new[] { AttemptStep.Completed, AttemptStep.Released }));
        Assert.InRange(most, 1, 2);
        Assert.InRange(places, 3, int.MaxValue);
    }

    [Fact]
    public async Task Should_release_what_does_not_start_in_time_and_stop_claiming_ahead()
    {
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("long", () => go.Task);
        });
        var slots = rig.Services.GetRequiredService<SlotScheduler>();
        slots.SetAhead(2);
        var first = await rig.Submit("long");
        await Eventually.Holds(() => rig.Reports.Any(x => x.JobId == first && x.Step == AttemptStep.Started));

        Guid[] others = [await rig.Submit("long"), await rig.Submit("long")];
        var ends = await Task.WhenAll(others.Select(rig.End));

        Assert.All(ends, x => Assert.Equal((AttemptStep.Released, null), (x.Step, x.StartedAt)));
        Assert.Equal(1, slots.Places);
        go.SetResult();
        Assert.Equal(AttemptStep.Completed, (await rig.End(first)).Step);
        await Eventually.Holds(() => slots.Free == 1);
        Assert.Equal(1, rig.Beats.Last().Slots);
    }

    [Fact]
    public async Task Should_release_what_has_not_started_when_it_stops()
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("long", () => Task.Delay(TimeSpan.FromMilliseconds(80)));
        });
        rig.Services.GetRequiredService<SlotScheduler>().SetAhead(1);
        Guid[] jobs = [await rig.Submit("long"), await rig.Submit("long")];
        await Eventually.Holds(() => rig.Reports.Any(x => x.Step == AttemptStep.Started) && rig.Claims.Count >= 2);

        await rig.Stop();

        Assert.Equal(jobs.Order(), rig.Reports.Where(x => x.Step is AttemptStep.Completed or AttemptStep.Released).Select(x => x.JobId).Order());
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
        });
        rig.Services.GetRequiredService<SlotScheduler>().SetAhead(3);
        await rig.Submit("first");
        await Eventually.Holds(() => rig.Reports.Any(x => x.Step == AttemptStep.Started));
        var low = await rig.Submit("task", new { name = "low" }, priority: 1);
        var high = await rig.Submit("task", new { name = "high" }, priority: 4);
        await Eventually.Holds(() => rig.Claims.Count == 3);
        go.SetResult();

        var steps = (await Task.WhenAll(rig.End(low), rig.End(high))).Select(x => x.Step).ToList();

        // On a machine that stood still for 100 ms they were released
        Assert.True(steps.Contains(AttemptStep.Released) || order is ["high", "low"], string.Join(", ", order));
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
