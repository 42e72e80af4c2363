using System.Net;
using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>The checker of whole rounds turns red: each invariant that many jobs, calls or processes keep together is broken once on purpose.</summary>
public sealed class RoundEvidenceTests
{
    static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Breaches_NothingHappened_None() => Assert.Empty(new RoundEvidence().Breaches());

    [Fact]
    public void Breaches_AJobThatRanElsewhereInTime_None() => Assert.Empty(AfterAKill(nextAt: 15).Breaches());

    [Fact]
    public void Breaches_AJobThatRanElsewhereTooLate_I8() => Broken("I8", AfterAKill(nextAt: 40));

    [Fact]
    public void Breaches_AJobThatWaitedForAnotherFaultToo_None()
    {
        var evidence = AfterAKill(nextAt: 40);
        Assert.Empty((evidence with { Faults = [.. evidence.Faults, new("database stopped", ["postgres"], false, At(6), At(30), At(32))] }).Breaches());
    }

    [Theory]
    [InlineData("high", true)]
    [InlineData("normal", false)]
    [InlineData("low", false)]
    public void Breaches_AJobThatWaitedForOthers_OnlyIfTheyWereMoreUrgent(string priority, bool isFine)
    {
        var evidence = AfterAKill(nextAt: 40);
        var other = Testimonies.Ran("default", At(30), TimeSpan.FromSeconds(1));
        evidence = evidence with { Jobs = [.. evidence.Jobs, other with { Job = other.Job with { Priority = priority } }] };
        Assert.Equal(isFine, !evidence.Breaches().Any());
    }

    [Fact]
    public void Breaches_EachTickOnce_None() => Assert.Empty(Ticks(0, 3, 6).Breaches());

    [Fact]
    public void Breaches_ATickTwice_I9() => Broken("I9", Ticks(0, 3, 3, 6));

    [Fact]
    public void Breaches_ATickMissing_I9() => Broken("I9", Ticks(0, 3, 9));

    [Theory]
    [InlineData("job-requests", 1, 0)]
    [InlineData("job-requests", 0, 1)]
    [InlineData("job-lifecycle_error", 1, 0)]
    public void Breaches_AMessageLeft_I12(string queue, long ready, long unacknowledged) =>
        Broken("I12", new() { Broker = new Dictionary<string, QueueDepth> { [queue] = new(ready, unacknowledged) } });

    [Fact]
    public void Breaches_CriticalJobsFirst_None() =>
        Assert.Empty(new RoundEvidence { StartsByPriority = ["low", "critical", "critical", "low", "low"] }.Breaches());

    [Fact]
    public void Breaches_LowJobsFirst_I13() => Broken("I13", new() { StartsByPriority = ["low", "low", "critical", "low", "critical"] });

    [Fact]
    public void Breaches_LowJobsNever_I13() => Broken("I13", new() { StartsByPriority = ["critical", "critical"] });

    [Fact]
    public void Breaches_FiguresThatTheListDoesNotHave_I14() =>
        Broken("I14", new() { Counts = (new Dictionary<string, long> { ["completed"] = 3 }, new Dictionary<string, long> { ["completed"] = 2 }) });

    [Theory]
    [InlineData(503, true, 4)]
    [InlineData(200, false, 14)]
    [InlineData(502, false, 1)]
    public void Breaches_AnAnswerInTime_None(int status, bool saysWhen, int seconds) => Assert.Empty(Called(status, saysWhen, seconds).Breaches());

    [Theory]
    [InlineData(503, true, 9)]
    [InlineData(503, false, 1)]
    [InlineData(429, false, 1)]
    [InlineData(200, false, 20)]
    public void Breaches_AnAnswerThatIsLateOrSaysNotWhenToRepeat_I15(int status, bool saysWhen, int seconds) =>
        Broken("I15", Called(status, saysWhen, seconds));

    [Fact]
    public void Breaches_ACallThroughAFrozenGateway_None() =>
        Assert.Empty((Called(200, false, 50) with { Faults = [new("gateway frozen", ["gateway-1"], false, At(1), At(50), At(51))] }).Breaches());

    [Fact]
    public void Breaches_AStackThatDoesNotGetWell_I16() => Broken("I16", new() { Faults = [new("broker killed", ["rabbitmq"], false, At(0), At(5), At(70))] });

    [Fact]
    public void Breaches_ChannelsThatGrow_I16() =>
        Broken("I16", new()
        {
            Resources = (new(new Dictionary<string, long> { ["broker channels"] = 40 }), new(new Dictionary<string,
            long>
            { ["broker channels"] = 400 }))
        });

    [Fact]
    public void Breaches_AReservationInAPause_Pause() => Broken("pause", InQueue("paused", At(12)) with { Steered = Steered(pause: new(At(10), At(20))) });

    [Theory]
    [InlineData(9)]
    [InlineData(21)]
    public void Breaches_AReservationBeforeOrAfterAPause_None(int reserved) =>
        Assert.Empty((InQueue("paused", At(reserved)) with { Steered = Steered(pause: new(At(10), At(20))) }).Breaches());

    [Fact]
    public void Breaches_TwoAtOnceWhereOneMayRun_Limit() => Broken("limit", InQueue("limited", At(1), At(1)) with { Steered = Steered() });

    [Fact]
    public void Breaches_OneAfterTheOther_None() => Assert.Empty((InQueue("limited", At(1), At(10)) with { Steered = Steered() }).Breaches());

    static void Broken(string invariant, RoundEvidence evidence) =>
        Assert.Equal(invariant, Assert.Single(evidence.Breaches().Select(breach => breach.Split(' ')[0]).Distinct()));

    static RoundEvidence AfterAKill(int nextAt) => new()
    {
        Faults = [new("executor killed", ["executor-1"], true, At(2), At(4), At(5))],
        Jobs = [Testimonies.Lost("executor-1-a", T0, lostAt: 2, nextAt)],
    };

    static RoundEvidence Ticks(params int[] seconds) => new()
    {
        Schedules = new Dictionary<string, IReadOnlyList<JobView>>
        {
            ["each"] = [.. seconds.Select(second => Testimonies.Job("completed",
            1) with { ScheduledAt = At(second) })]
        },
    };

    static RoundEvidence Called(int status, bool saysWhen, int seconds)
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(T0);
        var call = new Call("GET api/v1/jobs", clock);
        clock.Advance(TimeSpan.FromSeconds(seconds));
        call.End((HttpStatusCode)status, saysWhen);
        return new() { Calls = [call] };
    }

    static RoundEvidence InQueue(string queue, params DateTimeOffset[] starts) =>
        new() { Jobs = [.. starts.Select(at => Testimonies.Ran(queue, at, TimeSpan.FromSeconds(5)))] };

    static SteeredQueues Steered(Pause? pause = null)
    {
        var steered = new SteeredQueues("limited", 1, "paused");
        if (pause is not null)
        {
            steered.Add(pause);
        }
        return steered;
    }

    static DateTimeOffset At(int second) => T0.AddSeconds(second);
}
