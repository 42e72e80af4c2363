using System.Text;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresWriteTests(PostgresStores database) : WriteConformance<PostgresStores>(database);

public sealed class SqliteWriteTests(SqliteStores database) : WriteConformance<SqliteStores>(database);

public abstract class WriteConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task Write_EveryMember_IsFoundAgain()
    {
        var job = await Insert();

        var written = await Change(job.CorrelationId, x =>
        {
            (x.CurrentState, x.ExpiresAt, x.Attempt, x.RetryCount, x.LostCount, x.LostAttempt) = (JobStatus.Failed, Moment.AddDays(2), 5, 3, 2, 4);
            (x.WorkerId, x.LeaseUntil, x.NotBefore, x.DueAt) = ("w1", Moment.AddSeconds(1), Moment.AddSeconds(2), Moment.AddSeconds(4));
            (x.StartedAt, x.CompletedAt, x.Outcome, x.ReadyAt) = (Moment.AddSeconds(5), Moment.AddSeconds(6), JobStatus.Failed, Moment.AddSeconds(8));
            (x.CancelRequestedAt, x.CancelReason, x.Progress, x.ProgressMessage) = (Moment.AddSeconds(7), "not wanted", 0.25, "half \"of\" half, ü");
            (x.Result, x.Error) = ("""{"r":[1,2]}""", """{"type":"Boom"}""");
        });

        var found = await Find(job.CorrelationId);
        Assert.Equivalent(
            new
            {
                Version = 2,
                written.CurrentState,
                written.ExpiresAt,
                written.Attempt,
                written.RetryCount,
                written.LostCount,
                written.LostAttempt,
                written.WorkerId,
                written.LeaseUntil,
                written.NotBefore,
                written.ReadyAt,
                written.DueAt,
                written.StartedAt,
                written.CompletedAt,
                written.Outcome,
                written.CancelRequestedAt,
                written.CancelReason,
                written.Progress,
                written.ProgressMessage,
                written.Result,
                written.Error,
                job.TaskName,
                job.Args,
                job.CreatedAt,
            },
            found);
        Assert.True(found.UpdatedAt > Moment);
    }

    [Fact]
    public async Task Write_NullMembers_AreForgotten()
    {
        var job = await Insert(x => (x.ExpiresAt, x.NotBefore) = (Moment, Moment));
        await Reserve(job.CorrelationId);

        await Change(job.CorrelationId, x => (x.CurrentState, x.WorkerId, x.LeaseUntil, x.DueAt, x.ExpiresAt, x.NotBefore) = (JobStatus.Pending, null, null, null, null, null));

        Assert.Equivalent(
            new { WorkerId = (string?)null, LeaseUntil = (DateTimeOffset?)null, DueAt = (DateTimeOffset?)null, ExpiresAt = (DateTimeOffset?)null, NotBefore = (DateTimeOffset?)null },
            await Find(job.CorrelationId));
    }

    [Fact]
    public async Task Load_SomeOfTheIds_GivesThoseWithoutHistoryAndOutcome()
    {
        var (first, second) = (await Insert(), await Insert());
        await Change(first.CorrelationId, x => (x.Result, x.Error) = ("1", "{}"));

        var loaded = await Store.Load([first.CorrelationId, Guid.CreateVersion7(), second.CorrelationId, first.CorrelationId], default);

        Assert.Equal(new HashSet<Guid> { first.CorrelationId, second.CorrelationId }, loaded.Keys.ToHashSet());
        Assert.Equivalent(new { Version = 2, History = (string?)null, Result = (string?)null, Error = (string?)null }, loaded[first.CorrelationId]);
    }

    [Fact]
    public async Task Standings_SomeOfTheIds_GivesThoseThatExist()
    {
        var (waiting, ended) = (await Insert(x => x.Key = $"own-{x.CorrelationId:N}"), await Insert());
        await Change(ended.CorrelationId, x => (x.CurrentState, x.CompletedAt) = (JobStatus.Completed, Moment));

        var found = await Store.Standings([waiting.CorrelationId, Guid.CreateVersion7(), ended.CorrelationId], default);

        Assert.Equal(
            [new(waiting.CorrelationId, waiting.Key, JobStatus.Pending, null), new(ended.CorrelationId, null, JobStatus.Completed, Moment)],
            found.OrderBy(x => x.Id == ended.CorrelationId));
    }

    [Fact]
    public async Task Write_OldVersion_IsRefusedAndChangesNothing()
    {
        var job = await Insert();
        var old = (await Store.Load([job.CorrelationId], default))[job.CorrelationId];
        await Reserve(job.CorrelationId);
        var before = await Find(job.CorrelationId);

        old.CurrentState = JobStatus.Cancelled;
        old.NewSteps.Add(Step(old, "cancelled"));
        old.NewLogs.Add(new(old.CorrelationId, 1, Moment, "info", "never"));
        var written = await Store.Write([new(old, old.Version)], default);

        Assert.Equal([false], written);
        Assert.Equivalent(before, await Find(job.CorrelationId));
        Assert.Empty(await Store.ReadLogs(job.CorrelationId, null, 0, 10, default));
    }

    [Fact]
    public async Task Write_SomeAreStaleOrGone_TheOthersAreWrittenAndTheAnswerIsInOrder()
    {
        var jobs = new List<JobState>();
        for (var n = 0; n < 6; n++)
        {
            jobs.Add(await Insert());
        }
        await Reserve(jobs[1].CorrelationId);
        await Reserve(jobs[4].CorrelationId);
        jobs[2] = NewJob();
        // Neither the order of ids nor that of creation
        var order = new[] { 5, 1, 0, 4, 2, 3 };

        var written = await Store.Write([.. order.Select(n => new SagaWrite(jobs[n], 1))], default);

        Assert.Equal([true, false, true, false, false, true], written);
        Assert.Equal([2, 2, 2, 2, 2], (await Store.Load([.. jobs.Select(x => x.CorrelationId)], default)).Values.Select(x => x.Version));
    }

    [Fact]
    public async Task Write_OneVersionFromTwoProcessesAtOnce_OneWins()
    {
        var ids = (await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Insert()))).Select(x => x.CorrelationId).ToList();

        async Task<IReadOnlyList<bool>> Claim(IJobStore store, string worker, IEnumerable<Guid> order)
        {
            var loaded = await store.Load(ids, default);
            foreach (var job in loaded.Values)
            {
                Reserve(job, worker);
            }
            return await store.Write([.. order.Select(id => new SagaWrite(loaded[id], 1))], default);
        }
        var mine = Claim(Store, "mine", ids);
        var yours = Claim(Other, "yours", Enumerable.Reverse(ids));
        var (won, lost) = (await mine, (await yours).Reverse().ToList());

        Assert.All(ids.Select((_, n) => n), n => Assert.True(won[n] != lost[n]));
        foreach (var (job, n) in ids.Select((id, n) => (id, n)))
        {
            Assert.Equal(won[n] ? "mine" : "yours", (await Find(job)).WorkerId);
        }
    }

    [Fact]
    public async Task Write_Steps_AreAppendedInOrder()
    {
        var job = await Insert();

        await Change(job.CorrelationId, x => x.NewSteps.AddRange([Step(x, "reserved"), Step(x, "started")]));
        await Change(job.CorrelationId, x => x.Progress = 0.5);
        await Change(job.CorrelationId, x => x.NewSteps.Add(Step(x, "completed")));

        Assert.Equal(["created", "reserved", "started", "completed"], Words((await Find(job.CorrelationId)).History));
    }

    [Fact]
    public async Task Write_MoreHistoryThanFits_KeepsTheFirstAndTheNewest()
    {
        var job = await Insert();

        for (var n = 0; n < 30; n++)
        {
            var details = JsonSerializer.SerializeToElement(new string('x', 4000));
            await Change(job.CorrelationId, x => x.NewSteps.Add(Step(x, $"step{n}") with { Details = details }));
        }

        var history = (await Find(job.CorrelationId)).History!;
        var words = Words(history);
        Assert.InRange(Encoding.UTF8.GetByteCount(history), JobHistory.KeptLength / 2, JobHistory.MaxLength);
        Assert.Equal(("created", null, "step29"), (words[0], words[1], words[^1]));
        Assert.Equal(JobHistory.TruncatedLine, history.Split('\n')[1]);
        Assert.Equal(words.Skip(2), Enumerable.Range(0, 30).Select(n => $"step{n}").TakeLast(words.Count - 2));
    }

    [Fact]
    public async Task Write_NoOutcome_KeepsTheStoredOneUnlessItIsCleared()
    {
        var job = await Insert();
        await Change(job.CorrelationId, x => (x.Result, x.Error) = ("1", """{"type":"Boom"}"""));

        await Change(job.CorrelationId, x => x.Progress = 0.5);
        var kept = await Find(job.CorrelationId);
        await Change(job.CorrelationId, x => (x.ClearsOutcome, x.Result) = (true, "2"));
        var cleared = await Find(job.CorrelationId);

        Assert.Equal(("1", """{"type":"Boom"}"""), (kept.Result, kept.Error));
        Assert.Equal(("2", null), (cleared.Result, cleared.Error));
    }

    [Fact]
    public async Task Write_LeaseThatWasRenewedMeanwhile_IsNotShortened()
    {
        var job = await Insert();
        await Reserve(job.CorrelationId);
        var loaded = (await Store.Load([job.CorrelationId], default))[job.CorrelationId];
        await Store.RenewLeases("w1", [new() { JobId = job.CorrelationId, Attempt = 1 }], TimeSpan.FromHours(1), default);

        loaded.Progress = 0.5;
        Assert.Equal([true], await Store.Write([new(loaded, loaded.Version)], default));

        Assert.True((await Find(job.CorrelationId)).LeaseUntil > Moment.AddMinutes(59));
    }

    [Fact]
    public async Task Write_LeaseOfANewAttempt_ReplacesALongerOne()
    {
        var job = await Insert();
        await Reserve(job.CorrelationId);
        await Store.RenewLeases("w1", [new() { JobId = job.CorrelationId, Attempt = 1 }], TimeSpan.FromHours(1), default);

        await Reserve(job.CorrelationId, "w2");

        Assert.Equal(Moment.AddMinutes(10), (await Find(job.CorrelationId)).LeaseUntil);
    }

    [Fact]
    public async Task Write_LogLines_ComeInTheOrderInWhichTheyWereWritten()
    {
        var (first, second) = (await Insert(), await Insert());
        JobLogLine Line(JobState job, int attempt, string text, int seconds = 0) => new(job.CorrelationId, attempt, Moment.AddSeconds(seconds), "warning", text);

        var (one, two) = ((await Store.Load([first.CorrelationId], default)).Values.Single(), (await Store.Load([second.CorrelationId], default)).Values.Single());
        one.NewLogs.AddRange([Line(one, 1, "a", 9), Line(one, 1, "b\n\"ü\"", 1)]);
        two.NewLogs.Add(Line(two, 1, "of another"));
        Assert.Equal([true, true], await Store.Write([new(one, 1), new(two, 1)], default));
        await Change(first.CorrelationId, x => x.NewLogs.AddRange([Line(x, 2, "c"), Line(x, 2, "d")]));

        var lines = await Store.ReadLogs(first.CorrelationId, null, 0, 100, default);
        Assert.Equal([Line(first, 1, "a", 9), Line(first, 1, "b\n\"ü\"", 1), Line(first, 2, "c"), Line(first, 2, "d")], lines);
        Assert.Equal(["c", "d"], (await Store.ReadLogs(first.CorrelationId, 2, 0, 100, default)).Select(x => x.Message));
        Assert.Equal(["b\n\"ü\"", "c"], (await Store.ReadLogs(first.CorrelationId, null, 1, 2, default)).Select(x => x.Message));
        Assert.Empty(await Store.ReadLogs(first.CorrelationId, 3, 0, 100, default));
    }

    [Fact]
    public async Task Write_NumberedLogLines_ComeInTheirOrderHoweverTheyArrive()
    {
        var job = await Insert();
        JobLogLine Line(int attempt, int number, string? fields = null) => new(job.CorrelationId, attempt, Moment, "warning", $"{attempt}.{number}", number, fields);
        await Change(job.CorrelationId, x => x.NewLogs.AddRange([Line(1, 3), Line(1, 4, """{"values":{"a":"ü"}}""")]));
        await Change(job.CorrelationId, x => x.NewLogs.Add(Line(2, 1)));
        await Change(job.CorrelationId, x => x.NewLogs.AddRange([Line(1, 1), Line(1, 2)]));

        var lines = await Store.ReadLogs(job.CorrelationId, null, 0, 100, default);

        Assert.Equal([Line(1, 1), Line(1, 2), Line(1, 3), Line(1, 4, """{"values":{"a":"ü"}}"""), Line(2, 1)], lines);
        Assert.Equal(["1.3", "1.4"], (await Store.ReadLogs(job.CorrelationId, 1, 2, 2, default)).Select(x => x.Message));
    }

    [Fact]
    public async Task Write_Progress_IsNoPartOfTheHistory()
    {
        var job = await Insert();
        await Change(job.CorrelationId, x => Keep(x, "point\n", ProgressCurve.Step));
        await Change(job.CorrelationId, x => Keep(x, null, "reserved"));

        var found = await Find(job.CorrelationId);

        Assert.Equal(["created", "reserved"], Words(found.History));
        Assert.Equal("point\n", found.ProgressCurve);
        Assert.Equal("point\n", (await Store.Load([job.CorrelationId], default))[job.CorrelationId].ProgressCurve);
        Assert.Equal("point\n", Assert.Single(await Store.Follow([(job.CorrelationId, 1)], default)).ProgressCurve);
    }

    public static readonly TheoryData<string> Impossible = ["asleep", "progress", "attempt", "completed without a time", "a time without completed", "nobody's attempt"];

    [Theory, MemberData(nameof(Impossible))]
    public async Task Write_ImpossibleRow_IsRefusedByTheTableWithItsBatch(string what)
    {
        var (good, bad) = (await Insert(), await Insert());
        switch (what)
        {
            case "asleep": bad.CurrentState = "asleep"; break;
            case "progress": bad.Progress = 101; break;
            case "attempt": bad.Attempt = -1; break;
            case "completed without a time": bad.CurrentState = JobStatus.Completed; break;
            case "a time without completed": bad.CompletedAt = Moment; break;
            default: bad.CurrentState = JobStatus.Running; break;
        }

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Store.Write([new(good, 1), new(bad, 1)], default));

        Assert.Equal(1, (await Find(good.CorrelationId)).Version);
    }

    static void Keep(JobState job, string? curve, string step)
    {
        job.ProgressCurve = curve;
        job.NewSteps.Add(Step(job, step));
    }

    static List<string?> Words(string? history) =>
    [
        .. history!.TrimEnd('\n').Split('\n').Select(line => JsonElement.Parse(line).TryGetProperty("event", out var word) ? word.GetString() : null),
    ];
}
