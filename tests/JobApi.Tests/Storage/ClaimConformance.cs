using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresClaimTests(PostgresStores database) : ClaimConformance<PostgresStores>(database);

public sealed class SqliteClaimTests(SqliteStores database) : ClaimConformance<SqliteStores>(database);

public abstract class ClaimConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task Row_AfterTheSecondAttempt_IsReservedAndKeepsTheRest()
    {
        var job = await Insert(x => (x.Args, x.Key, x.Tags, x.Traceparent) = ("[1]", "mine", ["a"], "00-1"));
        var before = await Change(job.CorrelationId, x =>
        {
            (x.Attempt, x.RetryCount, x.LostCount, x.WorkerId, x.Error) = (1, 1, 1, "w0", "{}");
            (x.StartedAt, x.Progress, x.ProgressMessage, x.DueAt) = (Moment, 70, "nearly", Moment.AddSeconds(-1));
        });

        var claim = NewClaim(1);
        var claimed = Assert.Single((await Store.Claim(claim, default)).Jobs);

        var row = await Find(job.CorrelationId);
        var expected = before.Clone();
        (expected.CurrentState, expected.Attempt, expected.WorkerId, expected.Version) = (JobStatus.Reserved, 2, "w1", 3);
        (expected.ReservedAt, expected.LeaseUntil, expected.DueAt, expected.UpdatedAt) = (claim.Now, claim.LeaseUntil, claim.LeaseUntil, claim.Now);
        (expected.StartedAt, expected.Progress, expected.ProgressMessage) = (null, 0, null);
        foreach (var column in typeof(JobState).GetProperties().Where(x => x.CanWrite && x.Name is not ("NewSteps" or "NewLogs" or "History" or "Changed")))
        {
            Assert.Equivalent(column.GetValue(expected), column.GetValue(row));
            Assert.True(column.Name == "Error" || Equals(Json(column.GetValue(row)), Json(column.GetValue(claimed))), column.Name);
        }
        Assert.Equivalent(
            new { JobId = "mine", Event = JobStatus.Reserved, At = claim.Now, Attempt = 2, WorkerId = "w1", TaskName = "echo" }, Assert.Single(claimed.NewSteps));
        Assert.Equal(JobHistory.Line(claimed.NewSteps[0], 3), row.History!.Split('\n')[^2] + "\n");

        static string Json(object? value) => JsonSerializer.Serialize(value);
    }

    [Fact]
    public async Task Timer_ThatIsStillToCome_IsKept_SoThatNoIndexChanges()
    {
        var (soon, late) = (await Insert(x => x.DueAt = Moment.AddMinutes(9)), await Insert(x => x.DueAt = Moment.AddMinutes(11)));

        await Store.Claim(NewClaim(2), default);

        Assert.Equal(Moment.AddMinutes(9), (await Find(soon.CorrelationId)).DueAt);
        Assert.Equal(Moment.AddMinutes(10), (await Find(late.CorrelationId)).DueAt);
    }

    [Fact]
    public async Task Order_IsPriorityThenAge_OverAllLevels()
    {
        var jobs = new List<JobState>();
        foreach (var (priority, age, task) in ((byte, int, string)[])[(2, 3, "echo"), (1, 9, "echo"), (4, 0, "echo"), (2, 5, "mail"), (3, 1, "mail"), (2, 4, "echo")])
        {
            jobs.Add(await Insert(x => (x.Priority, x.ReadyAt, x.TaskName) = (priority, Moment.AddSeconds(-age), task)));
        }
        var claim = NewClaim(4) with
        {
            Levels = [.. ((string[])["echo", "mail"]).SelectMany(x => WaitingLevel.AllOf(new("default", x, null))).Select(x => (x, DateTimeOffset.UnixEpoch))],
            Workers = ["w1", "w2", "w1", "w3"],
        };

        var claimed = await Store.Claim(claim, default);

        Assert.Equal([2, 4, 3, 5], claimed.Jobs.Select(x => jobs.FindIndex(job => job.CorrelationId == x.CorrelationId)));
        Assert.Equal(["w1", "w2", "w1", "w3"], claimed.Jobs.Select(x => x.WorkerId));
        Assert.Equal([0, 1], (await Store.Claim(claim, default)).Jobs.Select(x => jobs.FindIndex(job => job.CorrelationId == x.CorrelationId)));
    }

    [Fact]
    public async Task What_DoesNotWait_IsLeftOut()
    {
        var (held, ended) = (await Insert(), await Insert());
        await Reserve(held.CorrelationId);
        await Finish(ended.CorrelationId, JobStatus.Completed);
        await Insert(x => x.NotBefore = Moment.AddDays(1));
        await Insert(x => x.NotBefore = Moment.AddSeconds(-1));
        await Insert(x => x.ExpiresAt = Moment.AddSeconds(1));
        await Insert(x => x.PinnedTo = "w1");
        await Insert(x => x.IsBroadcast = true);
        await Insert(x => x.TaskVersion = "2");
        await Insert(x => x.TaskName = "other");
        await Insert(x => x.QueueName = "other");
        var before = await Insert(x => x.ReadyAt = Moment.AddSeconds(-20));

        var from = NewClaim(20) with { Levels = [.. Levels("default").Select(x => (x, Moment.AddSeconds(-10)))] };
        Assert.Empty((await Store.Claim(from, default)).Jobs);
        Assert.Equal(before.CorrelationId, Assert.Single((await Store.Claim(NewClaim(20), default)).Jobs).CorrelationId);
    }

    [Fact]
    public async Task Version_ThatAJobAsksFor_IsALevelOfItsOwn()
    {
        var job = await Insert(x => x.TaskVersion = "2");
        var levels = WaitingLevel.AllOf(new("default", "echo", "2")).Select(x => (x, DateTimeOffset.UnixEpoch));

        Assert.Equal(job.CorrelationId, Assert.Single((await Store.Claim(NewClaim(5) with { Levels = [.. levels] }, default)).Jobs).CorrelationId);
    }

    [Fact]
    public async Task Pinned_ByIdOnly_IfTheyWait()
    {
        var (waiting, held, early) = (await Insert(x => x.PinnedTo = "w1"), await Insert(x => x.PinnedTo = "w1"), await Insert(x => (x.PinnedTo, x.NotBefore) = ("w1", Moment.AddDays(1))));
        await Reserve(held.CorrelationId);
        var claim = NewClaim(5) with { Levels = [], Pinned = [waiting.CorrelationId, held.CorrelationId, early.CorrelationId, Guid.CreateVersion7()] };

        Assert.Equal(waiting.CorrelationId, Assert.Single((await Store.Claim(claim, default)).Jobs).CorrelationId);
    }

    [Fact]
    public async Task Workers_MoreThanOneProcess_NoJobTwice()
    {
        var jobs = Enumerable.Range(0, 300).Select(n => NewJob(x => x.ReadyAt = Moment.AddMicroseconds(n))).ToArray();
        await Insert(jobs);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Task.Run(async () =>
        {
            var found = new List<Guid>();
            for (var round = 0; round < 4; round++)
            {
                found.AddRange((await (n % 2 == 0 ? Store : Other).Claim(NewClaim(5, worker: $"w{n}"), default)).Jobs.Select(x => x.CorrelationId));
            }
            return found;
        })));

        var all = claims.SelectMany(x => x).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Equal(300 - all.Count, await Database.Number("select count(*) from jobs where state = 'pending'"));
        // What was passed over because another was just taking it is there for the next
        Assert.Equal(300 - all.Count, (await Store.Claim(NewClaim(300), default)).Jobs.Count);
    }

    [Theory]
    [InlineData("is_paused = true")]
    [InlineData("max_concurrency = 3")]
    [InlineData("rate_limit = 20, rate_period = 1")]
    public async Task Queue_ThatIsNotOpenAnyMore_IsLeftOutAndNamed(string settings)
    {
        await Store.AddQueue("open", default);
        await Queue("mails", settings);
        await Jobs("mails", 2);
        var free = (await Jobs("open", 1))[0];
        var claim = NewClaim(5) with
        {
            Levels = [.. Levels("mails").Concat(Levels("open")).Concat(Levels("unknown")).Select(x => (x, DateTimeOffset.UnixEpoch))],
            Queues = ["mails", "open", "unknown"],
        };

        var claimed = await Store.Claim(claim, default);

        Assert.Equal(free.CorrelationId, Assert.Single(claimed.Jobs).CorrelationId);
        Assert.Equal(["mails"], claimed.Closed);
    }

    [Fact]
    public async Task Limit_MoreThanTheQueueMayHold_LetsInTheBestAndOldest()
    {
        await Queue("narrow", "max_concurrency = 3");
        var jobs = new List<JobState>();
        foreach (var (priority, age) in ((byte, int)[])[(2, 3), (1, 9), (4, 0), (2, 5), (3, 1)])
        {
            jobs.Add(NewJob(x => (x.QueueName, x.Priority, x.ReadyAt) = ("narrow", priority, Moment.AddSeconds(-age))));
        }
        await Insert([.. jobs]);

        var claimed = await Claim(5, "narrow");

        Assert.Equal([2, 4, 3], claimed.Jobs.Select(x => jobs.FindIndex(job => job.CorrelationId == x.CorrelationId)));
        Assert.True(claimed.IsFull);
        Assert.Equal(0, (await Database.Queues.Room("narrow", default))?.Free);
        Assert.Equivalent(new { Jobs = Array.Empty<JobState>(), IsFull = true }, await Claim(5, "narrow"));
    }

    [Fact]
    public async Task Limit_AfterOneHasEnded_LetsInOneMore()
    {
        await Queue("narrow", "max_concurrency = 2");
        await Jobs("narrow", 4);
        var first = (await Claim(1, "narrow")).Jobs[0];
        Assert.Single((await Claim(5, "narrow")).Jobs);

        await Finish(first.CorrelationId, JobStatus.Completed);

        Assert.Equal(1, (await Database.Queues.Room("narrow", default))?.Free);
        Assert.Single((await Claim(5, "narrow")).Jobs);
        Assert.Equal(2, await Database.Number("select count(*) from queue_slots"));
    }

    [Fact]
    public async Task Limit_OfAnEarlierAttempt_HoldsNoSlotAnyMore()
    {
        await Queue("narrow", "max_concurrency = 1");
        var jobs = await Jobs("narrow", 2);
        var held = (await Claim(1, "narrow")).Jobs[0];

        await Change(held.CorrelationId, x => (x.CurrentState, x.WorkerId, x.LeaseUntil, x.NotBefore) = (JobStatus.Pending, null, null, Moment.AddDays(1)));

        Assert.Equal(jobs.Single(x => x.CorrelationId != held.CorrelationId).CorrelationId, Assert.Single((await Claim(5, "narrow")).Jobs).CorrelationId);
        await Change(held.CorrelationId, x => x.NotBefore = null);
        Assert.Empty((await Claim(5, "narrow")).Jobs);
    }

    [Fact]
    public async Task Limit_FromTwoProcessesAtOnce_NeverMoreThanTheQueueMayHold()
    {
        await Queue("narrow", "max_concurrency = 5");
        await Jobs("narrow", 60);

        var claims = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(() =>
            (n % 2 == 0 ? Store : Other).Claim(NewClaim(5, "narrow") with { LimitedQueue = "narrow" }, default))));

        Assert.Equal(5, claims.Sum(x => x.Jobs.Count));
        Assert.Equal(5, await Database.Number("select count(*) from jobs where state = 'reserved'"));
    }

    [Fact]
    public async Task Limit_PausedQueue_IsFull()
    {
        await Queue("paused", "is_paused = true");
        await Jobs("paused", 1);

        Assert.Equivalent(new { Jobs = Array.Empty<JobState>(), IsFull = true }, await Claim(1, "paused"));
    }

    [Fact]
    public async Task Limit_PinnedJobs_Count()
    {
        await Queue("narrow", "max_concurrency = 1");
        var jobs = new[] { await Insert(x => (x.QueueName, x.PinnedTo) = ("narrow", "w1")), await Insert(x => (x.QueueName, x.PinnedTo) = ("narrow", "w1")) };
        var claim = NewClaim(5, "narrow") with { Levels = [], Pinned = [.. jobs.Select(x => x.CorrelationId)], LimitedQueue = "narrow" };

        Assert.Single((await Store.Claim(claim, default)).Jobs);
        Assert.True((await Store.Claim(claim, default)).IsFull);
    }

    [Fact]
    public async Task Rate_IsUsedUp_WaitsForTheNextToken()
    {
        await Queue("slow", "rate_limit = 15, rate_period = 30");
        await Jobs("slow", 5);

        var claim = NewClaim(5, "slow") with { LimitedQueue = "slow", Now = TimeProvider.System.GetUtcNow() };

        Assert.Equal(3, (await Store.Claim(claim, default)).Jobs.Count);
        Assert.Equal(0, (await Database.Queues.Room("slow", default))?.Free);
        // Two seconds for a token: as if they had gone by
        await Database.Execute($"update queues set tokens_at = tokens_at - {Seconds(2)}");
        Assert.Equal(1, (await Database.Queues.Room("slow", default))?.Free);
        // However long it was idle, no more is saved up than a fifth of the limit
        await Database.Execute($"update queues set tokens_at = tokens_at - {Seconds(3600)}");
        Assert.Equal(3, (await Database.Queues.Room("slow", default))?.Free);
    }

    [Fact]
    public async Task History_ThatIsFull_MakesRoomForTheStep()
    {
        var job = await Insert();
        await Database.Execute($"update jobs set history = history || '{string.Concat(Enumerable.Repeat("{\"event\":\"x\"}\n", 4680))}'");

        await Store.Claim(NewClaim(1), default);

        var history = (await Find(job.CorrelationId)).History!;
        Assert.InRange(history.Length, JobHistory.KeptLength / 2, JobHistory.MaxLength);
        var lines = history.TrimEnd('\n').Split('\n');
        Assert.Contains("\"created\"", lines[0], StringComparison.Ordinal);
        Assert.Equal(JobHistory.TruncatedLine, lines[1]);
        Assert.Contains("\"reserved\"", lines[^1], StringComparison.Ordinal);
    }

    static string Seconds(int seconds) => typeof(TDatabase) == typeof(PostgresStores) ? $"interval '{seconds} s'" : $"{seconds}000000";
}
