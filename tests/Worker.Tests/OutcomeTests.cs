using JobSystem.Contracts;
using JobSystem.Worker.Reporting;

namespace JobSystem.Worker.Tests;

public sealed class OutcomeTests
{
    static readonly AttemptKey key = new(Guid.CreateVersion7(), 3);

    public sealed record Reply(int MessageId, string? Text, DayOfWeek Day);

    public static TheoryData<string, Delegate, string?> Returned => new()
    {
        { "void", () => { }, null },
        { "value", () => 42, "42" },
        { "null", string? () => null, null },
        { "object", () => new Reply(1, null, DayOfWeek.Monday), """{"message_id":1,"text":null,"day":"monday"}""" },
        { "anonymous", () => new { SentAt = "now" }, """{"sent_at":"now"}""" },
        { "as object", object () => new Reply(1, "ü", DayOfWeek.Monday), """{"message_id":1,"text":"ü","day":"monday"}""" },
        { "task", () => Task.CompletedTask, null },
        { "task of T", () => Task.FromResult(7), "7" },
        { "slow task of T", async Task<int> () => { await Task.Yield(); return 8; }, "8" },
        { "slow task", async Task () => await Task.Yield(), null },
        { "value task", () => ValueTask.CompletedTask, null },
        { "slow value task", async ValueTask () => await Task.Yield(), null },
        { "value task of T", () => ValueTask.FromResult("x"), "\"x\"" },
        { "slow value task of T", async ValueTask<string> () => { await Task.Yield(); return "y"; }, "\"y\"" },
        { "outcome", () => new JobOutcome.Completed(5), "5" },
        { "outcome in a task", async Task<JobOutcome> () => { await Task.Yield(); return new JobOutcome.Completed(new[] { 1, 2 }); }, "[1,2]" },
    };

    [Theory]
    [MemberData(nameof(Returned))]
    public async Task Run_AnyReturnValue_IsTheResult(string _, Delegate handler, string? expected)
    {
        var report = await Calls.Run(x => x.MapTask("task", handler));
        Assert.Equal(AttemptStep.Completed, report.Step);
        Assert.Equal(expected, report.Result.Text());
    }

    [Fact]
    public async Task Run_Throws_IsFailedAndRetryable()
    {
        var report = await Calls.Run(x => x.MapTask("task", string () => throw new InvalidOperationException("no luck")));
        Assert.Equal(AttemptStep.Failed, report.Step);
        Assert.Equal(("System.InvalidOperationException", "no luck", 1), (report.Error!.Type, report.Error.Message, report.Error.Attempt));
        Assert.Contains(nameof(OutcomeTests), report.Error.Stack, StringComparison.Ordinal);
        Assert.True(report.Retryable);
    }

    [Fact]
    public async Task Run_ReturnsFailed_KeepsItsWishes()
    {
        var report = await Calls.Run(
            x => x.MapTask("task", () => new JobOutcome.Failed("later", TimeSpan.FromSeconds(90), Retryable: true) { ErrorType = "busy" }));
        Assert.Equal((AttemptStep.Failed, 90.0, true, "busy", "later"), (report.Step, report.RetryAfter, report.Retryable, report.Error!.Type, report.Error.Message));
    }

    [Fact]
    public async Task Run_ReturnsSnoozed_AsksForADelay()
    {
        var report = await Calls.Run(x => x.MapTask("task", () => new JobOutcome.Snoozed(TimeSpan.FromMinutes(2))));
        Assert.Equal((AttemptStep.Snoozed, 120.0), (report.Step, report.RetryAfter));
    }

    [Fact]
    public async Task Run_ReturnsCancelled_IsCancelled()
    {
        var report = await Calls.Run(x => x.MapTask("task", () => new JobOutcome.Cancelled("not needed")));
        Assert.Equal((AttemptStep.Cancelled, "not needed"), (report.Step, report.Error!.Message));
    }

    [Theory]
    [InlineData(256 * 1024 - 2, AttemptStep.Completed)]
    [InlineData(256 * 1024 - 1, AttemptStep.Failed)]
    public async Task Run_ResultSize_IsLimited(int characters, string step)
    {
        var report = await Calls.Run(x => x.MapTask("task", () => new string('x', characters)));
        Assert.Equal(step, report.Step);
        if (step == AttemptStep.Failed)
        {
            Assert.Equal(("result_too_large", false), (report.Error!.Type, report.Retryable));
            Assert.Contains("at most 256 KiB", report.Error.Message, StringComparison.Ordinal);
        }
    }

    sealed class Loop
    {
        public Loop? Inner { get; set; }
    }

    [Fact]
    public async Task Run_ResultThatIsNoJson_FailsForGood()
    {
        var loop = new Loop();
        loop.Inner = loop;
        foreach (var handler in new Delegate[] { () => loop, () => double.NaN, () => (Action)(() => { }), () => Deep(60) })
        {
            var report = await Calls.Run(x => x.MapTask("task", handler));
            Assert.Equal((AttemptStep.Failed, "result_not_json", false), (report.Step, report.Error?.Type, report.Retryable));
        }
    }

    static object Deep(int levels) => levels == 0 ? 1 : new[] { Deep(levels - 1) };

    [Theory]
    [InlineData(JobStopReason.CancelRequested, AttemptStep.Cancelled)]
    [InlineData(JobStopReason.TimedOut, AttemptStep.TimedOut)]
    [InlineData(JobStopReason.LeaseLost, AttemptStep.Released)]
    [InlineData(JobStopReason.ShuttingDown, AttemptStep.Released)]
    public void Report_TaskGaveUp_FollowsTheReason(JobStopReason reason, string step)
    {
        var outcome = FinalReport.ToOutcome(new TaskCanceledException(), reason);
        Assert.Null(outcome);
        Assert.Equal(step, FinalReport.FromOutcome(key, outcome, reason, "why", TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch).Step);
    }

    [Fact]
    public void Report_TaskGaveUpUnasked_IsAFailure()
    {
        var outcome = FinalReport.ToOutcome(new OperationCanceledException("own timeout"), JobStopReason.None);
        Assert.Equal(AttemptStep.Failed, FinalReport.FromOutcome(key, outcome, JobStopReason.None, null, TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch).Step);
    }

    [Fact]
    public void Report_DoneAfterTheLimit_IsTimedOut()
    {
        var report = FinalReport.FromOutcome(
            key, new JobOutcome.Completed(1), JobStopReason.TimedOut, null, TimeSpan.FromSeconds(1.5), DateTimeOffset.UnixEpoch);
        Assert.Equal((AttemptStep.TimedOut, "The attempt exceeded its limit of 1.5 s"), (report.Step, report.Error!.Message));
    }

    [Fact]
    public void Report_DoneAfterACancel_StaysDone() =>
        Assert.Equal(AttemptStep.Completed, FinalReport.FromOutcome(key, new JobOutcome.Completed(1), JobStopReason.CancelRequested, null, TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch).Step);

    [Fact]
    public void Report_EveryOutcome_HasAStep()
    {
        foreach (var kind in typeof(JobOutcome).GetNestedTypes())
        {
            JobOutcome outcome = kind.Name switch
            {
                nameof(JobOutcome.Completed) => new JobOutcome.Completed(),
                nameof(JobOutcome.Failed) => new JobOutcome.Failed("x"),
                nameof(JobOutcome.Cancelled) => new JobOutcome.Cancelled(),
                nameof(JobOutcome.Snoozed) => new JobOutcome.Snoozed(TimeSpan.Zero),
                _ => throw new InvalidOperationException($"{kind.Name} is new: give it a report"),
            };
            Assert.NotEmpty(
                FinalReport.FromOutcome(key, outcome, JobStopReason.None, null, TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch).Step);
        }
    }
}
