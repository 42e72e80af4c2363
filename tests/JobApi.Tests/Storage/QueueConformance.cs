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
        Assert.Single((await Claim(4, "narrow")).Jobs);
    }

    [Fact]
    public async Task Change_WhatIsNotNamed_StaysAsItIs()
    {
        await Store.AddQueue("mails", default);
        await Queues.Change("mails", new() { Description = new("Mail"), MaxConcurrency = new(3), Rate = new(new RateLimit(20, 1.5)) }, default);
        await Jobs("mails", 1);
        await Claim(1, "mails");
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
    public async Task CancelWaiting_WhatWaitsInTheQueue_IsCancelledAsTheMachineDoes()
    {
        var ready = await Insert(x => (x.QueueName, x.Key) = ("mails", "mine"));
        var scheduled = await Insert(x => (x.QueueName, x.NotBefore) = ("mails", Moment.AddDays(1)));
        var retrying = await Insert(x => x.QueueName = "mails");
        await Reserve(retrying.CorrelationId);
        await Change(retrying.CorrelationId, x => (x.CurrentState, x.LeaseUntil, x.DueAt) = (JobStatus.Retrying, null, Moment.AddSeconds(60)));
        var (held, elsewhere, later) = (await Insert(x => x.QueueName = "mails"), await Insert(), await Insert(x => (x.QueueName, x.CreatedAt) = ("mails", Moment.AddHours(2))));
        await Reserve(held.CorrelationId);

        var cancelled = await Queues.CancelWaiting("mails", Moment.AddHours(1), "The queue was cleared.", "ann", 100, default);

        Assert.Equal(new[] { ready, scheduled, retrying }.Select(x => x.CorrelationId).Order(), cancelled.Select(x => x.CorrelationId).Order());
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
}
