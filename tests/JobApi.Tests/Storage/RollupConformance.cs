using JobSystem.Contracts;
using JobSystem.JobApi.Http.History;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresRollupTests(PostgresStores database) : RollupConformance<PostgresStores>(database);

public sealed class SqliteRollupTests(SqliteStores database) : RollupConformance<SqliteStores>(database);

public abstract class RollupConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    HistoryQueries History => new(Database.Queries);

    [Fact]
    public async Task Rollups_OfALife_HaveEachStepAndItsDurations()
    {
        var job = await Insert();
        await Run(job.CorrelationId, waited: 2, ran: 5);
        var failed = await Insert(x => x.TaskName = "fail");
        await Change(failed.CorrelationId, x =>
        {
            Reserve(x);
            x.NewSteps.Add(x.ToEvent("retrying", Moment));
            Finish(x, JobStatus.Failed);
            x.NewSteps.Add(x.ToEvent(JobStatus.Failed, Moment));
        });

        Assert.Equal(5, await Fold());

        var (echo, fail) = (await Sum("echo"), await Sum("fail"));
        Assert.Equal((1, 1, 1, 0, 0), (echo.Submitted, echo.Started, echo.Completed, echo.Failed, echo.Retried));
        Assert.Equal((2, 5, 7), (echo.Wait.Sum, echo.Run.Sum, echo.Total.Sum));
        Assert.InRange(echo.Run.Quantile(0.99), 4.75, 5.25);
        Assert.Equal((1, 0, 0, 1, 1), (fail.Submitted, fail.Started, fail.Completed, fail.Failed, fail.Retried));
        Assert.Equal(0, await Database.Number("select count(*) from rollup_inbox"));
    }

    [Fact]
    public async Task Totals_BeforeAndAfterFolding_AreTheSame()
    {
        await Run((await Insert(x => x.Priority = 3)).CorrelationId, waited: 1, ran: 1);
        await Insert(x => x.Priority = 3);
        await Insert(x => x.Priority = 1);

        async Task Check()
        {
            var totals = (await History.Totals(default)).OrderBy(x => x.Priority).Select(x => (x.QueueName, x.TaskName, x.Priority, x.Submitted, x.Started, x.Completed)).ToList();
            Assert.Equal([("default", "echo", (short)1, 1L, 0L, 0L), ("default", "echo", (short)3, 2L, 1L, 1L)], totals);
        }

        await Check();
        await Fold();
        await Check();
        await Insert(x => x.Priority = 3);
        Assert.Equal(3, (await History.Totals(default)).Single(x => x.Priority == 3).Submitted);
        await Fold();
        Assert.Equal(3, (await History.Totals(default)).Single(x => x.Priority == 3).Submitted);
    }

    [Fact]
    public async Task Totals_OfLinesWithoutPriority_AreNormal()
    {
        await Database.Number("insert into rollup_inbox (lines) values ('1\tq\tt\tcreated\t5\t\t') returning 1");
        var total = Assert.Single(await History.Totals(default));
        Assert.Equal(((short)2, 5L), (total.Priority, total.Submitted));
    }

    [Fact]
    public async Task Fold_AgainAndAgain_AddsUp()
    {
        for (var round = 1; round <= 3; round++)
        {
            await Run((await Insert()).CorrelationId, waited: 1, ran: round);
            await Fold();
        }

        var sum = await Sum("echo");
        Assert.Equal((3, 3, 3, 6.0), (sum.Submitted, sum.Completed, sum.Run.Count, sum.Run.Sum));
        Assert.Equal(3, (await Sum("echo", Rollup.Hour)).Completed);
    }

    [Fact]
    public async Task Fold_ByTwoAtOnce_CountsNothingTwice()
    {
        for (var n = 0; n < 30; n++)
        {
            await Insert();
        }

        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? Database.Rollups : Database.OtherRollups).Fold(limit: 3, default)));
        await Fold();

        Assert.Equal(30, (await Sum("echo")).Submitted);
    }

    [Fact]
    public async Task Write_ThatComesTooLate_IsNotCounted()
    {
        var job = await Insert();
        var (mine, theirs) = ((await Store.Load([job.CorrelationId], default))[job.CorrelationId], (await Other.Load([job.CorrelationId], default))[job.CorrelationId]);
        foreach (var loaded in (JobState[])[mine, theirs])
        {
            Reserve(loaded);
            loaded.NewSteps.Add(Step(loaded, JobStatus.Running));
        }
        Assert.Equal([true], await Store.Write([new(mine, 1)], default));
        Assert.Equal([false], await Other.Write([new(theirs, 1)], default));

        await Fold();

        Assert.Equal(1, (await Sum("echo")).Started);
    }

    [Fact]
    public async Task Insert_OfATakenKey_IsNotCounted()
    {
        await Insert(x => x.IdempotencyKey = "k");
        Assert.NotNull((await Insert(NewJob(x => x.IdempotencyKey = "k"), NewJob())).Conflict);

        await Fold();

        Assert.Equal(1, (await Sum("echo")).Submitted);
    }

    [Fact]
    public async Task Clear_OfAQueue_IsCounted()
    {
        await Insert(x => (x.QueueName, x.CreatedAt) = ("long", Moment.AddSeconds(-90)));
        await Insert(x => (x.QueueName, x.ScheduledAt) = ("long", DateTimeOffset.MaxValue));
        await Insert(x => (x.QueueName, x.ScheduledAt) = ("long", DateTimeOffset.MinValue));
        Assert.Equal(3, (await Database.Queues.CancelWaiting("long", Moment.AddHours(1), "enough", "ann", 10, default)).Count);

        await Fold();

        Assert.Equal((3, 3, 3), ((await Sum("echo")).Submitted, (await Sum("echo")).Cancelled, (await Sum("echo")).Total.Count));
        Assert.InRange((await Sum("echo")).Total.Sum, 90, 91 + 3 * (TimeProvider.System.GetUtcNow() - Moment).TotalSeconds);
    }

    [Fact]
    public async Task Purge_RemovesOldMinutesAndKeepsHours()
    {
        await Insert();
        await Fold();

        await Database.Rollups.Purge(Moment.AddHours(2), Moment.AddHours(-2), default);

        Assert.Equal(0, (await Sum("echo")).Submitted);
        Assert.Equal(1, (await Sum("echo", Rollup.Hour)).Submitted);
    }

    [Fact]
    public async Task Failures_AreGroupedUntilTheyAreRetried()
    {
        const string Stack = "   at Shop.Mail.Send(String to) in Mail.cs:line 7\n   at Shop.Orders.Ship()";
        var jobs = new List<JobState> { await Fail("mail", "it broke 1", Stack), await Fail("mail", "it broke 2", Stack), await Fail("mail", "it broke 3", stack: null), await Fail("bill", "it broke 4", Stack) };

        var (groups, total) = await History.Failures([], ["mail"], 10, Moment, default);

        Assert.Equal((2, 2), (total, groups.Count));
        var group = Assert.Single(groups, x => x.Count == 2);
        Assert.Equal(2, group.Trend[^1]);
        Assert.Contains(group.Latest.JobId, jobs.Take(2).Select(x => x.JobId));
        Assert.Equal(["Shop.Mail.Send", "Shop.Orders.Ship"], FailureFingerprint.Frames(group.Latest.Error is { } error ? System.Text.Json.JsonSerializer.Deserialize<AttemptError>(error)!.Stack : null));
        Assert.Equal(2, (await Database.Queries.List(new(new() { Fingerprint = group.Fingerprint }, 10), default)).Total);

        // A step that is recorded after the end leaves it in its group, a retry does not
        await Change(jobs[0].CorrelationId, x => x.NewSteps.Add(Step(x, "report_refused")));
        Assert.Equal(2, Assert.Single((await History.Failures([], ["mail"], 10, Moment, default)).Groups, x => x.Fingerprint == group.Fingerprint).Count);
        await Change(jobs[0].CorrelationId, x => (x.CurrentState, x.CompletedAt, x.Outcome, x.ClearsOutcome) = (JobStatus.Pending, null, null, true));
        Assert.Equal(1, Assert.Single((await History.Failures([], ["mail"], 10, Moment, default)).Groups, x => x.Fingerprint == group.Fingerprint).Count);
    }

    [Theory]
    [InlineData("order 17 of 2030-01-31 is gone", "order 18 of 2031-02-28 is gone", true)]
    [InlineData("no such row 0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f", "no such row 11111111-6c1f-7c3a-9d0e-5b6f3c1d2e4f", true)]
    [InlineData("disk full", "no such file", false)]
    public void Fingerprint_WithoutAStack_IsOfTheMessageButItsNumbers(string one, string other, bool same) =>
        Assert.Equal(same, FailureFingerprint.Compute("t", "failed", Error(one, null)) == FailureFingerprint.Compute("t", "failed", Error(other, null)));

    async Task<JobState> Fail(string task, string message, string? stack)
    {
        var job = await Insert(x => x.TaskName = task);
        return await Change(job.CorrelationId, x =>
        {
            Reserve(x);
            Finish(x, JobStatus.Failed);
            (x.Error, x.Fingerprint) = (Error(message, stack), FailureFingerprint.Compute(task, JobStatus.Failed, Error(message, stack)));
        });
    }

    static string Error(string message, string? stack) =>
        System.Text.Json.JsonSerializer.Serialize(new AttemptError { Type = "Boom", Message = message, Stack = stack, Attempt = 1, At = Moment });

    async Task Run(Guid id, double waited, double ran)
    {
        await Change(id, x =>
        {
            Reserve(x);
            x.NewSteps.Add(x.ToEvent("reserved", Moment));
            (x.CurrentState, x.StartedAt) = (JobStatus.Running, Moment.AddSeconds(waited));
            x.NewSteps.Add(x.ToEvent(JobStatus.Running, x.StartedAt.Value));
        });
        await Change(id, x =>
        {
            Finish(x, JobStatus.Completed, Moment.AddSeconds(waited + ran));
            x.NewSteps.Add(x.ToEvent(JobStatus.Completed, Moment.AddSeconds(waited + ran)));
        });
    }

    async Task<int> Fold()
    {
        var all = 0;
        for (int folded; (folded = await Database.Rollups.Fold(limit: 7, default)) > 0; all += folded)
        {
        }
        return all;
    }

    async Task<RollupSum> Sum(string task, int step = Rollup.Minute)
    {
        var sum = new RollupSum(step, Moment, "", task);
        (await History.Rollups(step, Moment.AddHours(-2), Moment.AddHours(2), [], [task], default)).ForEach(sum.Add);
        return sum;
    }
}
