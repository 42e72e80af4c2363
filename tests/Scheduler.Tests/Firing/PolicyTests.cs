using JobSystem.Scheduler.Schedules;
using JobSystem.Scheduler.Storage;

namespace JobSystem.Scheduler.Tests.Firing;

public sealed class PolicyTests
{
    static readonly DateTimeOffset start = new(2027, 1, 15, 10, 0, 0, TimeSpan.Zero);
    static readonly SchedulerOptions options = new();

    [Theory]
    [InlineData("fire_once", 0, 1, 0)]
    [InlineData("fire_once", 4, 5, 0)]
    [InlineData("skip", 4, 5, 0)]
    [InlineData("fire_all", 4, 5, 0)]
    [InlineData("fire_once", 90, 1, 90)]
    [InlineData("skip", 90, 1, 90)]
    [InlineData("fire_all", 90, 91, 0)]
    [InlineData("fire_all", 99, 100, 0)]
    [InlineData("fire_all", 250, 100, 151)]
    public void Decide_LateBySeconds_FiresAsThePolicySays(string policy, int late, int fires, int missed)
    {
        var plan = Runs.Decide(EachSecond(policy), start.AddSeconds(late), options);
        Assert.Equal((fires, missed), (plan.Fire.Count, (int)plan.Missed));
        Assert.Equal(start.AddSeconds(late), plan.Last);
        Assert.Equal(start.AddSeconds(late + 1), plan.Next);
        Assert.Equal(plan.Fire.Distinct().Order(), plan.Fire);
    }

    [Fact]
    public void Decide_SkipAndNothingInTime_FiresNothing()
    {
        var row = EachSecond("skip");
        (row.IntervalSeconds, row.AnchorAt) = (60, start.AddMinutes(-1));
        var plan = Runs.Decide(row, start.AddSeconds(150), options);
        Assert.Empty(plan.Fire);
        Assert.Equal((3, start.AddSeconds(180)), (plan.Missed, plan.Next));
    }

    [Fact]
    public void Decide_AYearLate_IsQuickAndKeepsTheNewest()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var plan = Runs.Decide(EachSecond("fire_all"), start.AddDays(365), options);
        Assert.Equal(100, plan.Fire.Count);
        Assert.Equal(start.AddDays(365), plan.Fire[^1]);
        Assert.True(plan.Missed >= 10_000);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"{clock.Elapsed}");
    }

    [Fact]
    public void Decide_OneTime_HasNoNext()
    {
        var row = new ScheduleRow { Id = Guid.CreateVersion7(), RunAt = start, NextTick = start, NextDueAt = start };
        var plan = Runs.Decide(row, start, options);
        Assert.Equal([start], plan.Fire);
        Assert.Null(plan.Next);
    }

    [Fact]
    public void JobId_SameTick_IsTheSame()
    {
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        Assert.Equal(Runs.JobId(one, start), Runs.JobId(one, start));
        Assert.NotEqual(Runs.JobId(one, start), Runs.JobId(other, start));
        Assert.NotEqual(Runs.JobId(one, start), Runs.JobId(one, start.AddSeconds(1)));
    }

    [Fact]
    public void DueAt_Jitter_IsSpreadAndStable()
    {
        var row = EachSecond("skip");
        row.JitterSeconds = 30;
        var delays = Enumerable.Range(0, 200).Select(i => start.AddMinutes(i)).Select(tick => Runs.DueAt(row, tick) - tick).ToList();
        Assert.All(delays, x => Assert.InRange(x, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        Assert.True(delays.Max() - delays.Min() > TimeSpan.FromSeconds(20));
        Assert.Equal(Runs.DueAt(row, start), Runs.DueAt(row, start));
    }

    static ScheduleRow EachSecond(string policy) => new()
    {
        Id = Guid.CreateVersion7(),
        IntervalSeconds = 1,
        AnchorAt = start.AddSeconds(-1),
        MisfirePolicy = policy,
        NextTick = start,
        NextDueAt = start,
    };
}
