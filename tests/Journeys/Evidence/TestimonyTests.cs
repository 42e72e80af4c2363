using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>The checker turns red: one test for each way in which a job can break its promises.</summary>
public sealed class TestimonyTests
{
    static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Breaches_AJobThatRanOnceAndCompleted_None() => Assert.Empty(Completed().Breaches());

    [Fact]
    public void Breaches_ARunRepeatedAfterALostLease_None() => Assert.Empty(LostAndRepeated().Breaches());

    [Fact]
    public void Breaches_AJobThatIsStillRunning_I1() =>
        Assert.Equal(["I1", "I5"], Broken(Completed() with { Job = Testimonies.Job("running", 1), Steps = Steps("created", "reserved", "running") })
            .Distinct());

    [Fact]
    public void Breaches_ARunUnderAnotherId_I2() =>
        Assert.Equal("I2", Assert.Single(Broken(Completed() with { Job = Testimonies.Job("completed", 1) with { Id = "other" } }).Distinct()));

    [Fact]
    public void Breaches_CompletedWithoutARun_I3() => Assert.Equal("I3", Assert.Single(Broken(Completed() with { Runs = [] }).Distinct()));

    [Fact]
    public void Breaches_CompletedByAnAttemptThatWasKilled_I3() => Assert.Equal("I3", Assert.Single(Broken(Completed() with { Runs = [Run(1, 1, 2, 0)] }).Distinct()));

    [Fact]
    public void Breaches_TwoRunsWithoutALoss_I4() =>
        Assert.Equal(["I4", "I6"], Broken(LostAndRepeated() with { Steps = [.. LostAndRepeated().Steps.Where(step => step.Event != "lease_lost")] })
            .Distinct());

    [Fact]
    public void Breaches_OneAttemptRunTwice_I4() =>
        Assert.Equal("I4", Assert.Single(Broken(LostAndRepeated() with { Runs = [Run(2, 1, 2, 0), Run(2, 7, 8, 200)] }).Distinct()));

    [Fact]
    public void Breaches_TwoEnds_I5() =>
        Assert.Equal("I5", Assert.Single(Broken(Completed() with { Steps = Steps("created", "reserved", "failed", "completed") }).Distinct()));

    [Fact]
    public void Breaches_AStepAfterTheEnd_I5() =>
        Assert.Equal("I5", Assert.Single(Broken(Completed() with { Steps = Steps("created", "reserved", "completed", "running") }).Distinct()));

    [Fact]
    public void Breaches_ARefusedReportAfterTheEnd_None() =>
        Assert.Empty((Completed() with { Steps = Steps("created", "reserved", "completed", "report_refused") }).Breaches());

    [Fact]
    public void Breaches_AnOverlapBeforeTheLeaseWasLost_I6() =>
        Assert.Equal("I6", Assert.Single(Broken(LostAndRepeated() with { Runs = [Run(1, 1, 20, 200), Run(2, 2, 8, 200)] }).Distinct()));

    [Fact]
    public void Breaches_AStartAfterTheCancel_I7()
    {
        var testimony = Completed() with { Job = Testimonies.Job("cancelled", 1), Steps = Steps("created", "reserved", "cancelled") };
        testimony.Order.Cancel = new CancelAnswer("cancelled", 0, T0);
        Assert.Equal("I7", Assert.Single(Broken(testimony).Distinct()));
    }

    [Fact]
    public void Breaches_AnotherAttemptAfterTheRequestToStop_I7()
    {
        var testimony = LostAndRepeated();
        testimony.Order.Cancel = new CancelAnswer("running", 1, T0.AddSeconds(3));
        Assert.Equal("I7", Assert.Single(Broken(testimony).Distinct()));
    }

    [Fact]
    public void Breaches_AStartAfterARetryThatFollowedTheCancel_None()
    {
        var testimony = Completed() with
        {
            Steps = [Step("created", -3, 0), Step("cancelled", -2, 0), Step("retry_requested", -1, 0),
            Step("reserved", 1, 1), Step("completed", 2, 1)]
        };
        testimony.Order.Cancel = new CancelAnswer("cancelled", 0, T0.AddSeconds(-2));
        Assert.Empty(testimony.Breaches());
    }

    [Fact]
    public void Breaches_CompletedAfterItsLimit_I10() => Assert.Equal("I10", Assert.Single(Broken(Limited(ranFor: 30, Testimonies.Job("completed", 1), 200))));

    [Fact]
    public void Breaches_RanOnAfterItsLimit_I10() => Assert.Equal("I10", Assert.Single(Broken(Limited(ranFor: 120, Testimonies.Job("timeout", 1), 0))));

    [Fact]
    public void Breaches_StoppedAtItsLimit_None() => Assert.Empty(Limited(ranFor: 2, Testimonies.Job("timeout", 1), 0).Breaches());

    [Fact]
    public void Breaches_ARetryAfterItsBackOff_None() => Assert.Empty(Retried(delay: 3, nextAt: 6).Breaches());

    [Fact]
    public void Breaches_ARetryTooSoon_I11() => Assert.Equal("I11", Assert.Single(Broken(Retried(delay: 3, nextAt: 4))));

    [Fact]
    public void Breaches_ABackOffThatIsTooShort_I11() => Assert.Equal("I11", Assert.Single(Broken(Retried(delay: 0.5, nextAt: 6))));

    [Fact]
    public void Breaches_OneRetryTooMany_I11() => Assert.Equal("I11", Assert.Single(Broken(Retried(delay: 3, nextAt: 6, mostRetries: 0))));

    [Fact]
    public void Breaches_AnAttemptThatTheHistoryDoesNotHave_I14() =>
        Assert.Equal("I14", Assert.Single(Broken(LostAndRepeated() with
        {
            Steps = [.. LostAndRepeated()
            .Steps.Where(step => step is not { Event: "reserved", Attempt: 2 })]
        })));

    [Fact]
    public void Breaches_AHistoryWithoutItsBeginning_I14() =>
        Assert.Equal("I14", Assert.Single(Broken(Completed() with { Steps = [.. Completed().Steps.Skip(1)] })));

    [Fact]
    public void Breaches_AHistoryThatGoesBackInTime_I14() =>
        Assert.Equal("I14", Assert.Single(Broken(Completed() with { Steps = [Step("created", 5, 0), Step("reserved", 0, 1), Step("completed", 1, 1)] })));

    [Fact]
    public void Accepts_AReportThatIsWrittenDownLate() =>
        Assert.Empty(Broken(Completed() with
        {
            Steps = [Step("created", 0, 0), Step("reserved", 1, 1), Step("cancel_requested", 5, 1), Step("running", 1, 1), Step("completed", 2, 1)],
        }));

    static Testimony Limited(int ranFor, JobView job, int status) => new(
        new Order("label") { JobId = "job", Outcome = CallOutcome.Ok, Request = JobRequest.Echo() with { Timeout = 1, MaxRetries = 1 } },
        job, Steps("created", "reserved", job.Status), [Run(1, 1, 1 + ranFor, status)]);

    /// <summary>Failed at 2 s; the pause is to be 2 s, shortened at random to 1 s at least.</summary>
    static Testimony Retried(double delay, int nextAt, int mostRetries = 3) => new(
        new Order("label") { JobId = "job", Outcome = CallOutcome.Ok, Request = JobRequest.Echo() with { MaxRetries = mostRetries, RetryDelay = 2 } },
        Testimonies.Job("completed", 2),
        [
            Step("created", 0, 0), Step("reserved", 1, 1), Testimonies.Step("retrying", T0.AddSeconds(2), 1, new { due_at = T0.AddSeconds(2 + delay),
                delay, retry = 1 }),
            Step("reserved", nextAt, 2), Step("completed", nextAt + 1, 2),
        ],
        [Run(1, 1, 2, 500), Run(2, nextAt, nextAt + 1, 200)]);

    static Testimony Completed() => new(
        new Order("label") { JobId = "job", Outcome = CallOutcome.Ok },
        Testimonies.Job("completed", 1),
        Steps("created", "reserved", "running", "completed"),
        [Run(1, 1, 2, 200)]);

    /// <summary>The lease is lost at 6 s, and the second run begins at 7 s while the first still hangs.</summary>
    static Testimony LostAndRepeated() => Completed() with
    {
        Job = Testimonies.Job("completed", 2),
        Steps = [Step("created", 0, 0), Step("reserved", 1, 1), Step("lease_lost", 6, 1), Step("reserved", 7, 2), Step("completed", 8, 2)],
        Runs = [Run(1, 1, 20, 200), Run(2, 7, 8, 200)],
    };

    static string[] Broken(Testimony testimony) => [.. testimony.Breaches().Select(breach => breach.Split(' ')[0])];

    static JobStep[] Steps(params string[] words) => [.. words.Select((word, second) => Step(word, second, 1))];

    static JobStep Step(string word, int second, int attempt) => Testimonies.Step(word, T0.AddSeconds(second), attempt);

    static Execution Run(int attempt, int from, int to, int status) => Testimonies.Run("w", attempt, T0.AddSeconds(from), T0.AddSeconds(to), status);
}
