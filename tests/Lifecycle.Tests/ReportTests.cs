using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;

namespace JobSystem.Lifecycle.Tests;

/// <summary>What reports bring besides their step: lines are kept however the reports overtake each other, and progress fills no history.</summary>
public abstract class ReportTests
{
    const string Worker = "w1";

    private protected abstract Task<ModelStore> OpenStore();

    public static TheoryData<string> Endings => [AttemptStep.Completed, AttemptStep.Failed, AttemptStep.TimedOut, AttemptStep.Cancelled, AttemptStep.Snoozed, AttemptStep.Released];

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task Lines_InAnyOrderOfReports_AreAllKeptInTheirOwn(string end)
    {
        var store = await OpenStore();
        foreach (var order in (int[][])[[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
        {
            await using var rig = await LifecycleRig.Open(store);
            var job = await rig.Insert();
            await rig.Claim(Worker);
            AttemptReport[] reports = [Report(job, AttemptStep.Started, 1, 2, 3), Report(job, AttemptStep.Progress, 4), Report(job, end, 5, 6)];
            foreach (var n in order)
            {
                await Raise(rig, reports[n]);
            }
            Assert.Equal("1 2 3 4 5 6", await Lines(rig, job));
            Assert.DoesNotContain("report_refused", Words(await rig.Find(job.CorrelationId)));
        }
    }

    [Fact]
    public async Task Lines_OfAnAttemptWhoseSuccessorRuns_AreKept_ThoseOfNobodyAreNot()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        await rig.Claim(Worker);
        await Raise(rig, Report(job, AttemptStep.Released, 3));
        await rig.Claim("w2");
        await Raise(rig, Report(job, AttemptStep.Started, 1, 2));
        await Raise(rig, Report(job, AttemptStep.Progress, 7) with { Attempt = 2 });
        await Raise(rig, Report(job, AttemptStep.Progress, 8) with { Attempt = 3 });
        Assert.Equal("1 2 3", await Lines(rig, job));
    }

    [Fact]
    public async Task Start_BeforeTheAttemptWasGiven_IsNow_HoweverLongTheJobHadWaited()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        rig.Time.Advance(TimeSpan.FromMinutes(20));
        await rig.Claim(Worker);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await Raise(rig, Report(job, AttemptStep.Started) with { StartedAt = rig.Now.AddMinutes(-10) });
        Assert.Equal(rig.Now, (await rig.Find(job.CorrelationId)).StartedAt);
    }

    [Fact]
    public async Task Error_BeforeTheAttemptWasGiven_IsNow_AlsoWithoutAStart()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        rig.Time.Advance(TimeSpan.FromMinutes(20));
        await rig.Claim(Worker);
        await Raise(rig, Report(job, AttemptStep.Failed) with { StartedAt = null, Error = new() { Type = "t", Message = "m", At = job.CreatedAt.AddMinutes(10) } });
        Assert.Equal(rig.Now, JsonElement.Parse((await rig.Find(job.CorrelationId)).Error!).GetProperty("at").GetDateTimeOffset());
    }

    [Fact]
    public async Task Progress_OfAnyReport_IsKept()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        await rig.Claim(Worker);
        await Raise(rig, Report(job, AttemptStep.Started) with { Progress = 10, Message = "begun" });
        Assert.Equal((10, "begun"), Progress(await rig.Find(job.CorrelationId)));
        await Raise(rig, Report(job, AttemptStep.Failed) with { Progress = 80, Message = "nearly" });
        Assert.Equal((80, "nearly"), Progress(await rig.Find(job.CorrelationId)));
    }

    [Fact]
    public async Task Progress_Endless_LeavesEveryStepInTheHistory()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await rig.Claim(Worker);
            await Raise(rig, Report(job, AttemptStep.Started) with { Attempt = attempt });
            for (var n = 0; n < 300; n++)
            {
                rig.Time.Advance(TimeSpan.FromSeconds(0.02));
                await Raise(rig, Report(job, AttemptStep.Progress) with { Attempt = attempt, Progress = n / 3.0, Message = new('ü', 900) });
            }
            await Raise(rig, Report(job, AttemptStep.Released) with { Attempt = attempt, FinishedAt = rig.Now });
        }

        var found = await rig.Find(job.CorrelationId);

        Assert.Equal(["created", .. Enumerable.Repeat(new[] { "reserved", "running", "retrying", "dispatched" }, 3).SelectMany(x => x)], Words(found));
        Assert.Equal((299 / 3.0, new string('ü', 900)), Progress(found));
        var points = ProgressCurve.Points(found.ProgressCurve).ConvertAll(x => JsonElement.Parse(x));
        Assert.InRange(points.Count, 10, ProgressCurve.MaxPoints);
        Assert.Equal(0, points[0].GetProperty("details").GetProperty("progress").GetDouble());
        Assert.Equal(299 / 3.0, points[^1].GetProperty("details").GetProperty("progress").GetDouble());
        Assert.Equal([1, 2, 3], points.Select(x => x.GetProperty("attempt").GetInt32()).Distinct());
    }

    [Fact]
    public async Task Progress_OfAWorkerThatLostItsLease_FillsNoHistory()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        await rig.Claim(Worker);
        rig.Time.Advance(TimeSpan.FromMinutes(5));
        await rig.Raise(new TimerElapsed(job.CorrelationId));
        for (var n = 0; n < 50; n++)
        {
            await Raise(rig, Report(job, AttemptStep.Progress) with { Progress = n });
        }
        await Raise(rig, Report(job, AttemptStep.Completed));

        Assert.Equal(["created", "reserved", "lease_lost", "dispatched", "report_refused"], Words(await rig.Find(job.CorrelationId)));
    }

    [Theory]
    [InlineData(-600, -590)]
    [InlineData(600, 610)]
    [InlineData(600, -600)]
    [InlineData(-600, 600)]
    public async Task Times_OfAWorkerWhoseClockIsWrong_GoWithTheOthers(int started, int finished)
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        foreach (var end in new[] { AttemptStep.Completed, AttemptStep.Failed })
        {
            var job = await rig.Insert();
            rig.Time.Advance(TimeSpan.FromSeconds(5));
            await rig.Claim(Worker);
            rig.Time.Advance(TimeSpan.FromSeconds(10));
            await Raise(rig, Report(job, end) with
            {
                StartedAt = rig.Now.AddSeconds(started),
                FinishedAt = rig.Now.AddSeconds(finished),
                Retryable = false,
                Error = end == AttemptStep.Failed ? new() { Type = "t", Message = "m", At = rig.Now.AddSeconds(finished) } : null,
            });

            var row = await rig.Find(job.CorrelationId);
            Assert.InRange(row.StartedAt!.Value, row.CreatedAt, rig.Now);
            Assert.InRange(row.CompletedAt!.Value, row.StartedAt.Value, rig.Now);
            if (end == AttemptStep.Failed)
            {
                Assert.InRange(JsonElement.Parse(row.Error!).GetProperty("at").GetDateTimeOffset(), row.StartedAt.Value, rig.Now);
            }
        }
    }

    [Theory]
    [InlineData(AttemptStep.Failed)]
    [InlineData(AttemptStep.Snoozed)]
    public async Task Timer_OfATimeWithTicks_IsNotEarlierThanTheTime(string end)
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await rig.Insert();
        await rig.Claim(Worker);
        await Raise(rig, Report(job, end) with { RetryAfter = 1.0000009 });

        // As the row has it
        rig.Time.Advance((await rig.Find(job.CorrelationId)).DueAt!.Value - rig.Now);
        await rig.Raise(new TimerElapsed(job.CorrelationId));

        Assert.Null((await rig.Find(job.CorrelationId)).NotBefore);
    }

    static (double, string?) Progress(JobState job) => (job.Progress, job.ProgressMessage);

    static AttemptReport Report(JobState job, string step, params int[] lines) => new()
    {
        JobId = job.CorrelationId,
        Attempt = 1,
        Step = step,
        StartedAt = job.CreatedAt,
        RetryAfter = step == AttemptStep.Snoozed ? 60 : null,
        Error = step is AttemptStep.Failed or AttemptStep.TimedOut or AttemptStep.Cancelled ? new() { Type = "t", Message = "m" } : null,
        Logs = [.. lines.Select(n => new AttemptLogLine { At = job.CreatedAt, Level = "information", Message = $"{n}", Line = n })],
    };

    static Task<Decision> Raise(LifecycleRig rig, AttemptReport report) => report.Step switch
    {
        AttemptStep.Started => rig.Raise(new AttemptStarted(report.JobId, report.Attempt, Worker, report)),
        AttemptStep.Progress => rig.Raise(new AttemptProgressed(report.JobId, report.Attempt, Worker, report)),
        AttemptStep.Completed => rig.Raise(new AttemptCompleted(report.JobId, report.Attempt, Worker, report)),
        AttemptStep.Failed => rig.Raise(new AttemptFailed(report.JobId, report.Attempt, Worker, report)),
        AttemptStep.TimedOut => rig.Raise(new AttemptTimedOut(report.JobId, report.Attempt, Worker, report)),
        AttemptStep.Cancelled => rig.Raise(new AttemptStopped(report.JobId, report.Attempt, Worker, report)),
        AttemptStep.Snoozed => rig.Raise(new AttemptSnoozed(report.JobId, report.Attempt, Worker, report)),
        _ => rig.Raise(new AttemptReleased(report.JobId, report.Attempt, Worker, report)),
    };

    static async Task<string> Lines(LifecycleRig rig, JobState job) => string.Join(' ', (await rig.Store.ReadLogs(job.CorrelationId, null, 0, 100, default)).Select(x => x.Message));

    static string[] Words(JobState job) =>
        [.. job.History!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(x => JsonElement.Parse(x).GetProperty("event").GetString()!)];
}
