using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresTimerTests(PostgresStores database) : TimerConformance<PostgresStores>(database);

public sealed class SqliteTimerTests(SqliteStores database) : TimerConformance<SqliteStores>(database);

public abstract class TimerConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task Now_IsTheTimeOfDay() => Assert.Equal(TimeProvider.System.GetUtcNow(), await Store.Now(default), TimeSpan.FromSeconds(5));

    [Fact]
    public async Task Due_PassedOnesOnly_OldestFirst()
    {
        var ids = new List<Guid>();
        foreach (var seconds in (int[])[-10, -30, 3600, -20])
        {
            ids.Add((await Insert(x => x.DueAt = Moment.AddSeconds(seconds))).CorrelationId);
        }
        await Insert(x => x.DueAt = null);

        Assert.Equal([ids[1], ids[3], ids[0]], await Store.Due(10, true, default));
        Assert.Equal([ids[1], ids[3]], await Store.Due(2, true, default));
    }

    [Fact]
    public async Task Due_NotDispatchable_HeldOnesOnly()
    {
        await Insert(x => x.DueAt = Moment.AddSeconds(-10));
        var held = await Insert();
        await Reserve(held.CorrelationId);
        await Change(held.CorrelationId, x => x.DueAt = Moment.AddSeconds(-5));

        Assert.Equal([held.CorrelationId], await Store.Due(10, false, default));
    }

    [Fact]
    public async Task NextDue_IsTheEarliest_NullWhenNoTimerRuns()
    {
        await Insert(x => x.DueAt = null);
        Assert.Null(await Store.NextDue(default));

        await Insert(x => x.DueAt = Moment.AddSeconds(50));
        await Insert(x => x.DueAt = Moment.AddSeconds(40));

        Assert.Equal(Moment.AddSeconds(40), await Store.NextDue(default));
    }

    [Fact]
    public async Task MarkDispatched_WaitingJob_IsNotedAndDueWhenItExpires()
    {
        var (expiring, patient) = (await Insert(x => x.ExpiresAt = Moment.AddDays(1)), await Insert());

        await Mark((expiring.CorrelationId, 1), (patient.CorrelationId, 1));

        var (first, second) = (await Find(expiring.CorrelationId), await Find(patient.CorrelationId));
        Assert.Equal(TimeProvider.System.GetUtcNow(), first.DispatchedAt!.Value, TimeSpan.FromSeconds(10));
        Assert.Equal((Moment.AddDays(1), 1), (first.DueAt, first.Version));
        Assert.Null(second.DueAt);
        Assert.NotNull(second.DispatchedAt);
    }

    [Fact]
    public async Task MarkDispatched_JobThatMovedOn_KeepsItsTimer()
    {
        var (claimed, returned, gone) = (await Insert(), await Insert(), Guid.CreateVersion7());
        await Reserve(claimed.CorrelationId);
        await Reserve(returned.CorrelationId);
        await Change(returned.CorrelationId, x => (x.CurrentState, x.WorkerId, x.LeaseUntil, x.DueAt) = (JobStatus.Pending, null, null, Moment.AddSeconds(7)));

        await Mark((claimed.CorrelationId, 1), (claimed.CorrelationId, 2), (returned.CorrelationId, 1), (gone, 1));

        Assert.Equivalent(new { DispatchedAt = (DateTimeOffset?)null, DueAt = Moment.AddMinutes(10) }, await Find(claimed.CorrelationId));
        Assert.Equivalent(new { DispatchedAt = (DateTimeOffset?)null, DueAt = Moment.AddSeconds(7) }, await Find(returned.CorrelationId));
    }

    [Fact]
    public async Task CountDispatched_ConfirmedWaitingOnes_ByQueue()
    {
        var mails = new List<JobState> { await Insert(x => x.QueueName = "mails"), await Insert(x => x.QueueName = "mails"), await Insert(x => x.QueueName = "mails") };
        var other = await Insert();
        await Insert();
        await Mark([.. mails.Append(other).Select(x => (x.CorrelationId, 1))]);
        await Reserve(mails[0].CorrelationId);

        Assert.Equal(new Dictionary<string, long> { ["default"] = 1, ["mails"] = 2 }, await Store.CountDispatched(await Later(), default));
        Assert.Empty(await Store.CountDispatched(Moment.AddMinutes(-1), default));
    }

    [Fact]
    public async Task Redispatch_ConfirmedWaitingOnesOfTheQueue_AreDueAgain()
    {
        var jobs = new List<JobState>();
        for (var n = 0; n < 8; n++)
        {
            jobs.Add(await Insert(x => (x.QueueName, x.Priority, x.ExpiresAt) = ("mails", (byte)(1 + n % 4), Moment.AddDays(1))));
        }
        var (held, unconfirmed, elsewhere) = (await Insert(x => x.QueueName = "mails"), await Insert(x => x.QueueName = "mails"), await Insert());
        await Mark([.. jobs.Append(held).Append(elsewhere).Select(x => (x.CorrelationId, 1))]);
        await Reserve(held.CorrelationId);

        Assert.Equal(8, await Store.Redispatch("mails", await Later(), default));

        var due = (await Store.Due(100, true, default)).ToHashSet();
        Assert.Equal(jobs.Select(x => x.CorrelationId).ToHashSet(), due);
        Assert.All(await Task.WhenAll(jobs.Select(x => Find(x.CorrelationId))), x => Assert.Equal((null, 1), (x.DispatchedAt, x.Version)));
        Assert.NotNull((await Find(elsewhere.CorrelationId)).DispatchedAt);
        Assert.Equal(unconfirmed.DueAt, (await Find(unconfirmed.CorrelationId)).DueAt);
        Assert.Equal(0, await Store.Redispatch("mails", await Later(), default));
    }

    [Fact]
    public async Task Redispatch_ConfirmedLately_IsLeftAlone()
    {
        var job = await Insert();
        await Mark((job.CorrelationId, 1));

        Assert.Equal(0, await Store.Redispatch("default", Moment.AddMinutes(-1), default));
        Assert.NotNull((await Find(job.CorrelationId)).DispatchedAt);
    }

    Task Mark(params (Guid Id, int Version)[] tickets) => Store.MarkDispatched([.. tickets.Select(x => new DispatchedTicket(x.Id, x.Version))], default);

    async Task<DateTimeOffset> Later() => (await Store.Now(default)).AddSeconds(1);
}
