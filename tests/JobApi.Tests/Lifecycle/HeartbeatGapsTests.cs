using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Tests.Lifecycle;

public sealed class HeartbeatGapsTests
{
    static readonly DateTimeOffset start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    readonly HostClock host = new(start);
    readonly IOptions<LifecycleOptions> options = Options.Create(new LifecycleOptions { ScanSeconds = 5 });

    [Fact]
    public async Task Since_EverythingIsWell_IsNothing()
    {
        var gaps = Gaps();
        for (var second = 0; second < 60; second += 5)
        {
            gaps.Polled();
            await gaps.Watch(() => Pass(0.5));
            host.Advance(Seconds(4.5));
        }
        Assert.Equal(TimeSpan.Zero, gaps.Since(start));
    }

    [Fact]
    public void Since_PollsWereTooFarApart_IsTheTimeBetweenThem()
    {
        var gaps = Gaps();
        gaps.Polled();
        host.Advance(Seconds(40));
        gaps.Polled();
        host.Advance(Seconds(2));
        Assert.Equal(Seconds(40), gaps.Since(start));
        Assert.Equal(Seconds(10), gaps.Since(start.AddSeconds(30)));
        Assert.Equal(TimeSpan.Zero, gaps.Since(start.AddSeconds(41)));
    }

    [Fact]
    public async Task Since_AHeartbeatIsUnderWayForLong_GrowsUntilItIsHandled()
    {
        var gaps = Gaps();
        var released = new TaskCompletionSource();
        var handling = gaps.Watch(() => released.Task);
        host.Advance(Seconds(0.9));
        Assert.Equal(TimeSpan.Zero, gaps.Since(start));
        host.Advance(Seconds(19.1));
        Assert.Equal(Seconds(20), gaps.Since(start));
        released.SetResult();
        await handling;
        host.Advance(Seconds(5));
        Assert.Equal(Seconds(20), gaps.Since(start));
    }

    [Fact]
    public async Task Since_HeartbeatsFail_LastsUntilOneIsHandled()
    {
        var gaps = Gaps();
        for (var times = 0; times < 3; times++)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => gaps.Watch(() => Fail(1)));
            host.Advance(Seconds(3));
        }
        Assert.Equal(Seconds(12), gaps.Since(start));
        await gaps.Watch(() => Pass(0.2));
        host.Advance(Seconds(7));
        Assert.Equal(Seconds(12.2), gaps.Since(start));
    }

    [Fact]
    public async Task Since_TheBrokerWasAway_IsTheTimeWithoutAConnection()
    {
        var gaps = Gaps();
        IReceiveEndpointObserver observer = gaps;
        host.Advance(Seconds(1));
        await observer.Faulted(null!);
        host.Advance(Seconds(4));
        await observer.Faulted(null!);
        host.Advance(Seconds(4));
        Assert.Equal(Seconds(8), gaps.Since(start));
        await observer.Ready(null!);
        host.Advance(Seconds(4));
        Assert.Equal(Seconds(8), gaps.Since(start));
    }

    [Fact]
    public async Task Since_SeveralSignsOfOneOutage_CountOnce()
    {
        var gaps = Gaps();
        gaps.Polled();
        var released = new TaskCompletionSource();
        var handling = gaps.Watch(() => released.Task);
        host.Advance(Seconds(30));
        released.SetResult();
        await handling;
        gaps.Polled();
        Assert.Equal(Seconds(30), gaps.Since(start));
    }

    [Fact]
    public async Task Since_BeforeTheStart_IsAllTimeUnlessTheBrokerStartedToo()
    {
        var gaps = Gaps(isOnlyInstance: false);
        host.Advance(Seconds(3));
        await ((IReceiveEndpointObserver)gaps).Ready(null!);
        Assert.Equal(Seconds(63), gaps.Since(start.AddSeconds(-60)));
        Assert.Equal(Seconds(3), gaps.Since(start.AddSeconds(-60), whileRunning: true));
        host.Advance(Seconds(3));
        Assert.Equal(Seconds(63), gaps.Since(start.AddSeconds(-60)));
        Assert.Equal(TimeSpan.Zero, Gaps().Since(start.AddSeconds(-60)));
    }

    HeartbeatGaps Gaps(bool isOnlyInstance = true)
    {
        var clock = new DatabaseClock(StubStore.Answering((_, _) => null), host, options, NullLogger<DatabaseClock>.Instance);
        return new(clock, host, options, isOnlyInstance);
    }

    Task Pass(double seconds)
    {
        host.Advance(Seconds(seconds));
        return Task.CompletedTask;
    }

    Task Fail(double seconds)
    {
        host.Advance(Seconds(seconds));
        throw new StoreUnavailableException("away", new TimeoutException());
    }

    static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
