using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresQueueTests(PostgresStores database) : QueueConformance<PostgresStores>(database);

public sealed class SqliteQueueTests(SqliteStores database) : QueueConformance<SqliteStores>(database);

public abstract class QueueConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    IQueueStore Queues => Database.Queues;

    [Fact]
    public async Task Controls_AreThoseThatArePausedOrLimited()
    {
        await Store.AddQueue("free", default);
        await Queue("paused", "is_paused = true");
        await Queue("narrow", "max_concurrency = 3");
        await Queue("slow", "rate_limit = 20, rate_period = 1.5");

        var controls = await Queues.Controls(default);

        Assert.Equal(
            [new("narrow", false, 3, null), new("paused", true, null, null), new QueueControl("slow", false, null, new RateLimit(20, 1.5))],
            controls.OrderBy(x => x.Name, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Claim_MoreThanTheQueueMayHold_LetsInTheBestAndOldest()
    {
        await Queue("narrow", "max_concurrency = 3");
        var jobs = new List<JobState>();
        foreach (var (priority, age) in ((byte, int)[])[(2, 3), (1, 9), (4, 0), (2, 5), (3, 1)])
        {
            jobs.Add(NewJob(x => (x.QueueName, x.Priority, x.ReadyAt) = ("narrow", priority, Moment.AddSeconds(-age))));
        }
        await Insert([.. jobs]);

        var results = await Claim(Queues, jobs);

        Assert.Equal([SlotResult.Full, SlotResult.Full, SlotResult.Written, SlotResult.Written, SlotResult.Written], results);
        Assert.Equal(0, (await Queues.Room("narrow", default))?.Free);
        Assert.Equal(JobStatus.Pending, (await Find(jobs[0].CorrelationId)).CurrentState);
    }

    [Fact]
    public async Task Claim_AfterOneHasEnded_LetsInOneMore()
    {
        await Queue("narrow", "max_concurrency = 2");
        var jobs = await Jobs("narrow", 4);
        await Claim(Queues, jobs[..2]);
        Assert.Equal([SlotResult.Full], await Claim(Queues, [jobs[2]]));

        await Finish(jobs[0].CorrelationId, JobStatus.Completed);

        Assert.Equal(1, (await Queues.Room("narrow", default))?.Free);
        Assert.Single(await Claim(Queues, jobs[2..]), SlotResult.Written);
        Assert.Equal(2, await Database.Number("select count(*) from queue_slots"));
    }

    [Fact]
    public async Task Claim_OfAnEarlierAttempt_HoldsNoSlotAnyMore()
    {
        await Queue("narrow", "max_concurrency = 1");
        var jobs = await Jobs("narrow", 2);
        await Claim(Queues, jobs[..1]);

        await Change(jobs[0].CorrelationId, x => (x.CurrentState, x.WorkerId, x.LeaseUntil) = (JobStatus.Pending, null, null));

        Assert.Equal([SlotResult.Written], await Claim(Queues, jobs[1..]));
        Assert.Equal([SlotResult.Full], await Claim(Queues, [(await Store.Load([jobs[0].CorrelationId], default)).Values.Single()]));
    }

    [Fact]
    public async Task Claim_FromTwoProcessesAtOnce_NeverMoreThanTheQueueMayHold()
    {
        await Queue("narrow", "max_concurrency = 5");
        var jobs = await Jobs("narrow", 60);

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(() => Claim(n % 2 == 0 ? Queues : Database.OtherQueues, jobs[(n * 5)..(n * 5 + 5)]))));

        Assert.Equal(5, results.SelectMany(x => x).Count(x => x == SlotResult.Written));
        Assert.Equal(5, await Database.Number("select count(*) from jobs where state = 'reserved'"));
    }

    [Fact]
    public async Task Claim_OldVersion_TakesNeitherSlotNorToken()
    {
        await Queue("narrow", "max_concurrency = 1, rate_limit = 1, rate_period = 3600");
        var jobs = await Jobs("narrow", 2);
        await Change(jobs[0].CorrelationId, x => x.Progress = 1);

        Assert.Equal([SlotResult.Stale], await Claim(Queues, jobs[..1]));
        Assert.Equal([SlotResult.Written], await Claim(Queues, jobs[1..]));
    }

    [Fact]
    public async Task Claim_PausedQueue_IsFull()
    {
        await Queue("paused", "is_paused = true");

        Assert.Equal([SlotResult.Full], await Claim(Queues, await Jobs("paused", 1)));
        Assert.Equal(0, (await Queues.Room("paused", default))?.Free);
    }

    [Fact]
    public async Task Claim_RateIsUsedUp_WaitsForTheNextToken()
    {
        await Queue("slow", "rate_limit = 15, rate_period = 30");
        var jobs = await Jobs("slow", 5);

        Assert.Equal(3, (await Claim(Queues, jobs)).Count(x => x == SlotResult.Written));
        Assert.Equal(0, (await Queues.Room("slow", default))?.Free);
        // Two seconds for a token: as if they had gone by
        await Database.Execute($"update queues set tokens_at = tokens_at - {Seconds(2)}");
        Assert.Equal(1, (await Queues.Room("slow", default))?.Free);
        // However long it was idle, no more is saved up than a fifth of the limit
        await Database.Execute($"update queues set tokens_at = tokens_at - {Seconds(3600)}");
        Assert.Equal(3, (await Queues.Room("slow", default))?.Free);
    }

    [Fact]
    public async Task Room_UnlimitedOrUnknown_SaysSo()
    {
        await Store.AddQueue("free", default);

        Assert.Equal(int.MaxValue, (await Queues.Room("free", default))?.Free);
        Assert.Null((await Queues.Room("unknown", default))?.Free);
    }

    [Fact]
    public async Task Change_AttemptsFromBeforeTheLimit_Count()
    {
        await Store.AddQueue("narrow", default);
        var jobs = await Jobs("narrow", 4);
        await Reserve(jobs[0].CorrelationId);
        await Reserve(jobs[1].CorrelationId);

        Assert.True(await Queues.Change("narrow", new() { MaxConcurrency = new(3) }, default));

        Assert.Equal(1, (await Queues.Room("narrow", default))?.Free);
        Assert.Single(await Claim(Queues, jobs[2..]), SlotResult.Written);
    }

    [Fact]
    public async Task Change_WhatIsNotNamed_StaysAsItIs()
    {
        await Store.AddQueue("mails", default);
        await Queues.Change("mails", new() { Description = new("Mail"), MaxConcurrency = new(3), Rate = new(new RateLimit(20, 1.5)) }, default);
        await Claim(Queues, await Jobs("mails", 1));
        Assert.Equal(3, await Database.Number("select cast(tokens as int) from queues"));
        await Queues.Change("mails", new() { IsPaused = true, Rate = new(new RateLimit(20, 1.5)) }, default);
        Assert.Equal([new("mails", true, 3, new RateLimit(20, 1.5))], await Queues.Controls(default));
        Assert.Equal(3, await Database.Number("select cast(tokens as int) from queues"));

        await Queues.Change("mails", new() { IsPaused = false, MaxConcurrency = new(null), Rate = new(new RateLimit(40, 1.5)) }, default);

        Assert.Equal([new("mails", false, null, new RateLimit(40, 1.5))], await Queues.Controls(default));
        Assert.Equal(0, await Database.Number("select cast(tokens as int) from queues"));
        Assert.Equal(1, await Database.Number("select count(*) from queues where description = 'Mail'"));
        Assert.False(await Queues.Change("unknown", new() { IsPaused = true }, default));
    }

    [Theory]
    [InlineData("is_paused = true")]
    [InlineData("max_concurrency = 3")]
    [InlineData("rate_limit = 20, rate_period = 1")]
    public async Task Write_AttemptStartsWhereTheQueueIsNotOpenAnyMore_IsNotWritten(string settings)
    {
        await Store.AddQueue("open", default);
        await Queue("mails", settings);
        var (held, free, unknown) = ((await Jobs("mails", 2)), (await Jobs("open", 1))[0], (await Jobs("unknown", 1))[0]);

        // One of the held is written for another reason
        var written = await Store.Write([Start(held[0]), Start(free), new(Progressed(held[1]), 1), Start(unknown)], default);

        Assert.Equal([false, true, true, true], written);
        Assert.Equal(JobStatus.Pending, (await Find(held[0].CorrelationId)).CurrentState);
        Assert.Equal(JobStatus.Reserved, (await Find(free.CorrelationId)).CurrentState);

        static JobState Progressed(JobState job)
        {
            var copy = job.Clone();
            copy.Progress = 7;
            return copy;
        }
    }

    [Fact]
    public async Task AnyReserved_UntilTheWorkerSaysThatItRuns()
    {
        var job = (await Jobs("mails", 2))[0];
        Assert.False(await Queues.AnyReserved("mails", default));
        await Reserve(job.CorrelationId);
        Assert.True(await Queues.AnyReserved("mails", default));
        Assert.False(await Queues.AnyReserved("default", default));
        await Change(job.CorrelationId, x => x.CurrentState = JobStatus.Running);
        Assert.False(await Queues.AnyReserved("mails", default));
    }

    [Fact]
    public async Task Wake_ParkedJobs_AreDueByPriorityThenAge()
    {
        var jobs = new List<JobState>();
        foreach (var (priority, age) in ((byte, int)[])[(2, 1), (2, 5), (4, 0), (1, 9)])
        {
            jobs.Add(await Insert(x => (x.QueueName, x.Priority, x.ReadyAt) = ("mails", priority, Moment.AddSeconds(-age))));
            await Park(jobs[^1].CorrelationId);
        }
        var (waiting, elsewhere) = (await Insert(x => x.QueueName = "mails"), await Insert());
        await Park(elsewhere.CorrelationId);

        Assert.Equal(["default", "mails"], (await Queues.WithParked(default)).Order());
        Assert.Equal(3, (await Queues.Wake("mails", 3, default)).Count);
        Assert.Equal([2, 1, 0], (await Due(10, true)).Select(id => jobs.FindIndex(x => x.CorrelationId == id)));
        await Reserve(jobs[2].CorrelationId);
        await Park(jobs[1].CorrelationId);
        Assert.Equal([jobs[0].CorrelationId], await Queues.OnTheirWay([.. jobs.Take(3).Select(x => x.CorrelationId)], default));
        Assert.Equal(new HashSet<Guid> { jobs[1].CorrelationId, jobs[3].CorrelationId }, (await Queues.Wake("mails", 10, default)).ToHashSet());
        Assert.Empty(await Queues.Wake("mails", 10, default));
        Assert.Null((await Find(jobs[0].CorrelationId)).DispatchedAt);
        Assert.Equal(waiting.DueAt, (await Find(waiting.CorrelationId)).DueAt);
        Assert.Equal(["default"], await Queues.WithParked(default));
    }

    [Fact]
    public async Task SendAgain_ReadyJobsWithATicket_AreDue()
    {
        var (sent, confirmed, parked, held) = (await Insert(), await Insert(), await Insert(), await Insert());
        var (early, pinned) = (await Insert(x => x.NotBefore = Moment.AddDays(1)), await Insert(x => x.PinnedTo = "w1"));
        var elsewhere = await Insert(x => x.QueueName = "mails");
        await Store.MarkDispatched([new(confirmed.CorrelationId, 1)], default);
        await Park(parked.CorrelationId);
        await Reserve(held.CorrelationId);

        Assert.Equal(1, await Queues.SendAgain("default", 1, default));
        Assert.Equal(1, await Queues.SendAgain("default", 10, default));
        Assert.Equal(0, await Queues.SendAgain("default", 10, default));

        Assert.Equal(new[] { sent.CorrelationId, confirmed.CorrelationId }.Order(), (await Due(10, true)).Order());
        Assert.Null((await Find(confirmed.CorrelationId)).DispatchedAt);
        Assert.Equal(early.DueAt, (await Find(early.CorrelationId)).DueAt);
        Assert.Equal(pinned.DueAt, (await Find(pinned.CorrelationId)).DueAt);
        Assert.Equal(elsewhere.DueAt, (await Find(elsewhere.CorrelationId)).DueAt);
    }

    [Fact]
    public async Task ParkedJobs_HaveNoTicketThatCouldBeMissing()
    {
        var job = await Insert();
        await Park(job.CorrelationId);

        Assert.Empty(await OldestConfirmed("default", Moment.AddHours(1)));
        Assert.Equal(0, await Redispatch("default", Moment.AddHours(1)));
        Assert.Equal(Moment, (await Find(job.CorrelationId)).ParkedAt);
    }

    [Fact]
    public async Task CancelWaiting_WhatWaitsInTheQueue_IsCancelledAsTheMachineDoes()
    {
        var ready = await Insert(x => (x.QueueName, x.Key) = ("mails", "mine"));
        var scheduled = await Insert(x => (x.QueueName, x.NotBefore) = ("mails", Moment.AddDays(1)));
        var parked = await Insert(x => x.QueueName = "mails");
        await Park(parked.CorrelationId);
        var retrying = await Insert(x => x.QueueName = "mails");
        await Reserve(retrying.CorrelationId);
        await Change(retrying.CorrelationId, x => (x.CurrentState, x.LeaseUntil, x.DueAt) = (JobStatus.Retrying, null, Moment.AddSeconds(60)));
        var (held, elsewhere, later) = (await Insert(x => x.QueueName = "mails"), await Insert(), await Insert(x => (x.QueueName, x.CreatedAt) = ("mails", Moment.AddHours(2))));
        await Reserve(held.CorrelationId);

        var cancelled = await Queues.CancelWaiting("mails", Moment.AddHours(1), "The queue was cleared.", "ann", 100, default);

        Assert.Equal(new[] { ready, scheduled, parked, retrying }.Select(x => x.CorrelationId).Order(), cancelled.Select(x => x.CorrelationId).Order());
        var row = await Find(ready.CorrelationId);
        Assert.Equivalent(
            new
            {
                CurrentState = JobStatus.Cancelled,
                Outcome = JobStatus.Cancelled,
                Version = 2,
                CancelReason = "The queue was cleared.",
                DueAt = (DateTimeOffset?)null,
                row.CompletedAt,
                CancelRequestedAt = row.CompletedAt,
            },
            row);
        Assert.EndsWith("\"details\":{\"reason\":\"The queue was cleared.\",\"by\":\"ann\"}}\n", row.History, StringComparison.Ordinal);
        Assert.Contains("\"attempt\":1,", (await Find(retrying.CorrelationId)).History!.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        var step = Assert.Single(cancelled.Single(x => x.CorrelationId == ready.CorrelationId).NewSteps);
        Assert.Equivalent(new { JobId = "mine", Event = JobStatus.Cancelled, At = row.CompletedAt!.Value, QueueName = "mails", Owner = "ann", TaskName = "echo" }, step);
        foreach (var (job, state) in ((JobState, string)[])[(held, JobStatus.Reserved), (elsewhere, JobStatus.Pending), (later, JobStatus.Pending)])
        {
            Assert.Equal(state, (await Find(job.CorrelationId)).CurrentState);
        }
    }

    [Fact]
    public async Task CancelWaiting_MoreThanTheLimit_GoesOnWithTheNextCall()
    {
        await Jobs("mails", 5);

        var counts = new List<int>();
        do
        {
            counts.Add((await Queues.CancelWaiting("mails", Moment.AddHours(1), "why", "ann", 2, default)).Count);
        } while (counts[^1] > 0);

        Assert.Equal([2, 2, 1, 0], counts);
    }

    /// <summary>Claims rows as they were inserted, as the machine would.</summary>
    static Task<IReadOnlyList<SlotResult>> Claim(IQueueStore queues, IReadOnlyList<JobState> jobs) => queues.Claim([.. jobs.Select(Start)], default);

    static SagaWrite Start(JobState job)
    {
        var claimed = job.Clone();
        Reserve(claimed);
        claimed.StartsAttempt = true;
        return new(claimed, job.Version);
    }

    Task<JobState> Park(Guid id) => Change(id, x => (x.ParkedAt, x.DueAt) = (Moment, x.ExpiresAt));

    async Task<List<JobState>> Jobs(string queue, int count)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => NewJob(x => x.QueueName = queue)).ToList();
        await Insert([.. jobs]);
        return jobs;
    }

    async Task Queue(string name, string settings)
    {
        await Store.AddQueue(name, default);
        await Database.Execute($"update queues set {settings} where name = '{name}'");
    }

    static string Seconds(int seconds) => typeof(TDatabase) == typeof(PostgresStores) ? $"interval '{seconds} s'" : $"{seconds}000000";
}
