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
        Assert.Equal(["I1", "I5"], Broken(Completed() with { Job = Job("running", 1), Steps = Steps("created", "reserved", "running") }).Distinct());

    [Fact]
    public void Breaches_ARunUnderAnotherId_I2() => Assert.Equal("I2", Assert.Single(Broken(Completed() with { Job = Job("completed", 1) with { Id = "other" } }).Distinct()));

    [Fact]
    public void Breaches_CompletedWithoutARun_I3() => Assert.Equal("I3", Assert.Single(Broken(Completed() with { Runs = [] }).Distinct()));

    [Fact]
    public void Breaches_CompletedByAnAttemptThatWasKilled_I3() => Assert.Equal("I3", Assert.Single(Broken(Completed() with { Runs = [Run(1, 1, 2, 0)] }).Distinct()));

    [Fact]
    public void Breaches_TwoRunsWithoutALoss_I4() =>
        Assert.Equal(["I4", "I6"], Broken(LostAndRepeated() with { Steps = Steps("created", "reserved", "running", "reserved", "running", "completed") }).Distinct());

    [Fact]
    public void Breaches_OneAttemptRunTwice_I4() =>
        Assert.Equal("I4", Assert.Single(Broken(LostAndRepeated() with { Runs = [Run(2, 1, 2, 0), Run(2, 7, 8, 200)] }).Distinct()));

    [Fact]
    public void Breaches_TwoEnds_I5() =>
        Assert.Equal("I5", Assert.Single(Broken(Completed() with { Steps = Steps("created", "running", "failed", "completed") }).Distinct()));

    [Fact]
    public void Breaches_AStepAfterTheEnd_I5() =>
        Assert.Equal("I5", Assert.Single(Broken(Completed() with { Steps = Steps("created", "running", "completed", "running") }).Distinct()));

    [Fact]
    public void Breaches_ARefusedReportAfterTheEnd_None() =>
        Assert.Empty((Completed() with { Steps = Steps("created", "running", "completed", "report_refused") }).Breaches());

    [Fact]
    public void Breaches_AnOverlapBeforeTheLeaseWasLost_I6() =>
        Assert.Equal("I6", Assert.Single(Broken(LostAndRepeated() with { Runs = [Run(1, 1, 20, 200), Run(2, 2, 8, 200)] }).Distinct()));

    [Fact]
    public void Breaches_AStartAfterTheCancel_I7()
    {
        var testimony = Completed() with { Job = Job("cancelled", 1), Steps = Steps("created", "cancelled") };
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

    static Testimony Completed() => new(
        new Order("label") { JobId = "job", Outcome = CallOutcome.Ok },
        Job("completed", 1),
        Steps("created", "reserved", "running", "completed"),
        [Run(1, 1, 2, 200)]);

    /// <summary>The lease is lost at 6 s, and the second run begins at 7 s while the first still hangs.</summary>
    static Testimony LostAndRepeated() => Completed() with
    {
        Job = Job("completed", 2),
        Steps = [Step("created", 0, 0), Step("running", 1, 1), Step("lease_lost", 6, 1), Step("running", 7, 2), Step("completed", 8, 2)],
        Runs = [Run(1, 1, 20, 200), Run(2, 7, 8, 200)],
    };

    static string[] Broken(Testimony testimony) => [.. testimony.Breaches().Select(breach => breach[..2])];

    static JobView Job(string status, int attempt) => new()
    {
        Id = "job",
        TaskName = "http_request",
        QueueName = "default",
        Priority = "normal",
        Status = status,
        CreatedAt = T0,
        Attempt = attempt,
    };

    static JobStep[] Steps(params string[] words) => [.. words.Select((word, second) => Step(word, second, 1))];

    static JobStep Step(string word, int second, int attempt) => new(word, T0.AddSeconds(second), attempt, null, null);

    static Execution Run(int attempt, int from, int to, int status)
    {
        var run = new Execution { Number = attempt, Label = "label", JobId = "job", Attempt = attempt, WorkerId = "w", StartedAt = T0.AddSeconds(from) };
        run.Close(status == 0 ? ExecutionEnd.Aborted : ExecutionEnd.Answered, status, T0.AddSeconds(to));
        return run;
    }
}
