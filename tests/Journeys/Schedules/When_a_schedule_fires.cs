using JobSystem.Journeys.Systems;
using JobSystem.Support;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Schedules;

[Collection(Stack.Name)]
public sealed class When_a_schedule_fires(SharedStack stack, ITestOutputHelper output) : Journey(stack)
{
    readonly SharedStack stack = stack;

    SchedulesClient Schedules => new(stack.Client);

    [Fact]
    public async Task Should_make_no_job_after_a_pause_or_delete_is_answered()
    {
        for (var round = 0; round < 20; round++)
        {
            var schedule = await Schedules.EachSecond("fire_all");
            await Eventually.Holds(async () => (await Schedules.Get(schedule.Id)).RunCount > 0, TimeSpan.FromSeconds(10));
            // Close to the next tick, before it or after
            var tick = (await Schedules.Get(schedule.Id)).NextRunAt!.Value;
            var wait = tick - TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds((round * 5) - 10);
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
            await (round % 2 == 0 ? Schedules.Pause(schedule.Id) : Schedules.Delete(schedule.Id));
            var then = (await Schedules.Jobs(schedule.Id)).Count;
            await Task.Delay(TimeSpan.FromSeconds(2.5));
            Assert.Equal(then, (await Schedules.Jobs(schedule.Id)).Count);
        }
    }

    [Fact]
    public async Task Should_not_overlap_itself_when_the_policy_says_skip()
    {
        var schedule = await Schedules.Create(new { name = "long", task_name = "sleep", kwargs = new { seconds = 2.5 }, interval = new { seconds = 1 }, overlap_policy = "skip" });
        await Task.Delay(TimeSpan.FromSeconds(25));
        await Schedules.Pause(schedule.Id);
        await Eventually.Holds(async () => (await Schedules.Jobs(schedule.Id)).All(x => x.IsFinal), TimeSpan.FromSeconds(10));
        var jobs = await Schedules.Jobs(schedule.Id);
        output.WriteLine($"{jobs.Count} jobs, {(await Schedules.Get(schedule.Id)).SkippedCount} skipped");
        Assert.True(jobs.Count >= 5);
        Assert.All(jobs.Zip(jobs.Skip(1)), x => Assert.True(x.First.CompletedAt <= x.Second.StartedAt, $"{x.First.Id} ended {x.First.CompletedAt:O}, {x.Second.Id} began {x.Second.StartedAt:O}"));
    }
}
