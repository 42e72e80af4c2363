using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.JobApi.Time;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Tests.Lifecycle;

/// <summary>The host's clock and the database's are set; the monotonic clock goes on.</summary>
public sealed class DatabaseClockTests
{
    static readonly DateTimeOffset start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan second = TimeSpan.FromSeconds(1);
    readonly HostClock host = new(start);
    readonly List<TimeSpan> shortened = [];
    readonly DatabaseClock clock;
    DateTimeOffset there = start;
    TimeSpan answerTakes;

    public DatabaseClockTests()
    {
        var store = StubStore.Answering((method, arguments) => method switch
        {
            nameof(IJobStore.Now) => Answer(),
            nameof(IJobStore.ShortenLeases) => Shorten((TimeSpan)arguments[0]!),
            _ => null,
        });
        clock = new(store, host, Options.Create(new LifecycleOptions { LeaseSeconds = 30 }), NullLogger<DatabaseClock>.Instance);
    }

    public static TheoryData<double> Jumps => [60, -60, 3600, -3600];

    [Theory, MemberData(nameof(Jumps))]
    public async Task UtcNow_HostsClockIsSet_GoesOnAsBefore(double seconds)
    {
        await clock.Measure(default);
        host.Set(TimeSpan.FromSeconds(seconds));
        host.Advance(second);
        there += second;

        Assert.Equal(start + second, clock.UtcNow);
        await clock.Measure(default);
        Assert.Equal(start + second, clock.UtcNow);
        Assert.Equal(TimeSpan.Zero, clock.SetForwardSince(start.AddYears(-1)));
        Assert.Empty(shortened);
    }

    [Theory, MemberData(nameof(Jumps))]
    public async Task UtcNow_DatabasesClockIsSet_FollowsWithTheNextMeasurement(double seconds)
    {
        await clock.Measure(default);
        there += TimeSpan.FromSeconds(seconds);

        Assert.Equal(start, clock.UtcNow);
        await clock.Measure(default);
        Assert.Equal(there, clock.UtcNow);
    }

    [Theory, InlineData(60), InlineData(3600)]
    public async Task SetForwardSince_CountsForWhatBeganBeforeOnly(double seconds)
    {
        var step = TimeSpan.FromSeconds(seconds);
        var before = clock.UtcNow;
        there += step;
        await clock.Measure(default);

        Assert.Equal(step, clock.SetForwardSince(before));
        Assert.Equal(step, clock.SetForwardSince(before.AddMinutes(-10)));
        Assert.Equal(TimeSpan.Zero, clock.SetForwardSince(clock.UtcNow));
        // What another instance writes that has not noticed yet
        Assert.Equal(step, clock.SetForwardSince(before.AddSeconds(5)));
    }

    [Theory, InlineData(-60), InlineData(-3600)]
    public async Task Measure_DatabasesClockIsSetBack_LeasesAreShortened(double seconds)
    {
        there += TimeSpan.FromSeconds(seconds);
        await clock.Measure(default);

        Assert.Equal([TimeSpan.FromSeconds(30)], shortened);
    }

    [Fact]
    public async Task Measure_SlowAnswer_MovesNothingThatAgrees()
    {
        await clock.Measure(default);
        answerTakes = TimeSpan.FromSeconds(4);
        there += second;
        await clock.Measure(default);

        Assert.Equal(start + answerTakes, clock.UtcNow);
    }

    [Theory, MemberData(nameof(Jumps))]
    public void SteadyTime_HostsClockIsSet_ForwardAtOnce_BackSlowly(double seconds)
    {
        var steady = new SteadyTime(host);
        host.Set(TimeSpan.FromSeconds(seconds));
        Assert.Equal(seconds > 0 ? start.AddSeconds(seconds) : start, steady.GetUtcNow());
        host.Advance(second * 20);
        Assert.Equal(seconds > 0 ? start.AddSeconds(seconds + 20) : start.AddSeconds(18), steady.GetUtcNow());
        host.Advance(TimeSpan.FromSeconds(Math.Abs(seconds) * 10));
        Assert.Equal(host.GetUtcNow(), steady.GetUtcNow());
    }

    Task<DateTimeOffset> Answer()
    {
        host.Advance(answerTakes);
        return Task.FromResult(there);
    }

    Task Shorten(TimeSpan lease)
    {
        shortened.Add(lease);
        return Task.CompletedTask;
    }
}
