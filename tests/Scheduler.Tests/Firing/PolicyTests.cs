using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;

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
    public void Decide_LateBySeconds_FiresByPolicy(string policy, int late, int fired, int missed)
    {
        var decision = FiringDecision.Decide(EachSecond(policy), start.AddSeconds(late), options);
        Assert.Equal((fired, missed), (decision.ToFire.Count, (int)decision.Missed));
        Assert.Equal(start.AddSeconds(late), decision.Last);
        Assert.Equal(start.AddSeconds(late + 1), decision.Next);
        Assert.Equal(decision.ToFire.Distinct().Order(), decision.ToFire);
    }

    [Fact]
    public void Decide_SkipAndNothingInTime_FiresNothing()
    {
        var row = EachSecond("skip");
        (row.IntervalSeconds, row.AnchorAt) = (60, start.AddMinutes(-1));
        var decision = FiringDecision.Decide(row, start.AddSeconds(150), options);
        Assert.Empty(decision.ToFire);
        Assert.Equal((3, start.AddSeconds(180)), (decision.Missed, decision.Next));
    }

    [Fact]
    public void Decide_AYearLate_IsQuickAndKeepsTheNewest()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var decision = FiringDecision.Decide(EachSecond("fire_all"), start.AddDays(365), options);
        Assert.Equal(100, decision.ToFire.Count);
        Assert.Equal(start.AddDays(365), decision.ToFire[^1]);
        Assert.True(decision.Missed >= 10_000);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"{clock.Elapsed}");
    }

    [Fact]
    public void Decide_OneTime_HasNoNext()
    {
        var row = new ScheduleRow { Id = Guid.CreateVersion7(), RunAt = start, NextRunAt = start, NextDueAt = start };
        var decision = FiringDecision.Decide(row, start, options);
        Assert.Equal([start], decision.ToFire);
        Assert.Null(decision.Next);
    }

    [Fact]
    public void JobId_SameRun_IsTheSame()
    {
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        Assert.Equal(RunHash.JobId(one, start), RunHash.JobId(one, start));
        Assert.NotEqual(RunHash.JobId(one, start), RunHash.JobId(other, start));
        Assert.NotEqual(RunHash.JobId(one, start), RunHash.JobId(one, start.AddSeconds(1)));
    }

    [Fact]
    public void DueAt_Jitter_IsSpreadAndStable()
    {
        var row = EachSecond("skip");
        row.JitterSeconds = 30;
        var delays = Enumerable.Range(0, 200).Select(i => start.AddMinutes(i)).Select(run => ScheduleProgress.DueAt(row, run) - run)
            .ToList();
        Assert.All(delays, x => Assert.InRange(x, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        Assert.True(delays.Max() - delays.Min() > TimeSpan.FromSeconds(20));
        Assert.Equal(ScheduleProgress.DueAt(row, start), ScheduleProgress.DueAt(row, start));
    }

    static ScheduleRow EachSecond(string policy) => new()
    {
        Id = Guid.CreateVersion7(),
        IntervalSeconds = 1,
        AnchorAt = start.AddSeconds(-1),
        MisfirePolicy = policy,
        NextRunAt = start,
        NextDueAt = start,
    };
}
