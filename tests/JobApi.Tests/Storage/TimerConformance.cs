using JobSystem.Contracts;
using JobSystem.JobApi.Model;
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

        Assert.Equal([ids[1], ids[3], ids[0]], await Due(10, true));
        Assert.Equal([ids[1], ids[3]], await Due(2, true));
    }

    [Fact]
    public async Task Due_NotDispatchable_HeldOnesOnly()
    {
        await Insert(x => x.DueAt = Moment.AddSeconds(-10));
        var held = await Insert();
        await Reserve(held.CorrelationId);
        await Change(held.CorrelationId, x => x.DueAt = Moment.AddSeconds(-5));

        Assert.Equal([held.CorrelationId], await Due(10, false));
    }

    [Fact]
    public async Task NextDue_IsTheEarliest_NullWhenNoTimerRuns()
    {
        await Insert(x => x.DueAt = null);
        Assert.Null(await Store.NextDue(DateTimeOffset.UnixEpoch, default));

        await Insert(x => x.DueAt = Moment.AddSeconds(50));
        await Insert(x => x.DueAt = Moment.AddSeconds(40));

        Assert.Equal(Moment.AddSeconds(40), await Store.NextDue(DateTimeOffset.UnixEpoch, default));
    }

    [Fact]
    public async Task Due_FromLater_LeavesOutWhatIsBefore()
    {
        await Insert(x => x.DueAt = Moment.AddSeconds(-30));
        var later = await Insert(x => x.DueAt = Moment.AddSeconds(-20));

        Assert.Equal([new(later.CorrelationId, Moment.AddSeconds(-20))], await Store.Due(Moment.AddSeconds(-20), Moment, 10, true, default));
        Assert.Equal(Moment.AddSeconds(-20), await Store.NextDue(Moment.AddSeconds(-29), default));
        Assert.Empty(await Store.Due(Moment.AddSeconds(-19), Moment, 10, true, default));
    }

    [Fact]
    public async Task ShortenLeases_ThoseThatEndTooLate()
    {
        var (late, fine, waiting) = (await Insert(), await Insert(), await Insert());
        await Reserve(late.CorrelationId);
        await Change(late.CorrelationId, x => (x.LeaseUntil, x.DueAt) = (Moment.AddHours(1), Moment.AddHours(1)));
        await Change(fine.CorrelationId, x =>
        {
            Reserve(x);
            (x.LeaseUntil, x.DueAt) = (Moment.AddSeconds(5), Moment.AddSeconds(5));
        });

        await Store.ShortenLeases(TimeSpan.FromMinutes(1), default);

        var shortened = await Find(late.CorrelationId);
        Assert.Equal(TimeProvider.System.GetUtcNow().AddMinutes(1), shortened.LeaseUntil!.Value, TimeSpan.FromSeconds(10));
        Assert.Equal(shortened.LeaseUntil, shortened.DueAt);
        Assert.Equivalent(new { LeaseUntil = Moment.AddSeconds(5), DueAt = Moment.AddSeconds(5) }, await Find(fine.CorrelationId));
        Assert.Equal(Moment.AddHours(1), (await Find(waiting.CorrelationId)).DueAt);
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
    public async Task OldestConfirmed_OfWaitingOnes_ByLevel()
    {
        var level = new TicketLevel(new() { QueueName = "mails", TaskName = "echo" }, 3);
        var mails = new List<JobState>();
        for (var n = 0; n < 3; n++)
        {
            mails.Add(await Insert(x => (x.QueueName, x.Priority) = ("mails", 3)));
            await Mark((mails[n].CorrelationId, 1));
        }
        await Insert(x => (x.QueueName, x.Priority) = ("mails", 4));
        var versioned = await Insert(x => (x.QueueName, x.Priority, x.TaskVersion) = ("mails", 3, "2.0"));
        await Mark((versioned.CorrelationId, 1));
        var other = await Insert();
        await Mark((other.CorrelationId, 1));
        await Reserve(mails[0].CorrelationId);

        var oldest = await OldestConfirmed("mails", await Later());

        Assert.Equal(new Dictionary<TicketLevel, DateTimeOffset> { [level] = (await Find(mails[1].CorrelationId)).DispatchedAt!.Value }, oldest);
        Assert.Equal((await Find(other.CorrelationId)).DispatchedAt, Assert.Single(await OldestConfirmed("default", await Later())).Value);
        Assert.Empty(await OldestConfirmed("mails", Moment.AddMinutes(-1)));
        Assert.Empty(await Store.OldestConfirmed(new Dictionary<TicketLevel, DateTimeOffset> { [level] = await Later() }, await Later(), default));
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

        Assert.Equal(8, await Redispatch("mails", await Later()));

        var due = (await Due(100, true)).ToHashSet();
        Assert.Equal(jobs.Select(x => x.CorrelationId).ToHashSet(), due);
        Assert.All(await Task.WhenAll(jobs.Select(x => Find(x.CorrelationId))), x => Assert.Equal((null, 1), (x.DispatchedAt, x.Version)));
        Assert.NotNull((await Find(elsewhere.CorrelationId)).DispatchedAt);
        Assert.Equal(unconfirmed.DueAt, (await Find(unconfirmed.CorrelationId)).DueAt);
        Assert.Equal(0, await Redispatch("mails", await Later()));
    }

    [Fact]
    public async Task Redispatch_ConfirmedLately_IsLeftAlone()
    {
        var job = await Insert();
        await Mark((job.CorrelationId, 1));

        Assert.Equal(0, await Redispatch("default", Moment.AddMinutes(-1)));
        Assert.NotNull((await Find(job.CorrelationId)).DispatchedAt);
    }

    [Fact]
    public async Task AddQueuedTasksOfConfirmed_ThoseThatAreMissing()
    {
        var (plain, versioned) = (await Insert(), await Insert(x => x.TaskVersion = "2"));
        await Insert(x => x.TaskName = "unconfirmed");
        await Mark((plain.CorrelationId, 1), (versioned.CorrelationId, 1));
        await Store.AddQueuedTasks([new() { QueueName = "default", TaskName = "echo" }], default);

        await Store.AddQueuedTasksOfConfirmed(default);

        QueuedTask[] expected = [new() { QueueName = "default", TaskName = "echo" }, new() { QueueName = "default", TaskName = "echo", Version = "2" }];
        Assert.Equal(expected, (await Store.QueuedTasks(default)).OrderBy(x => x.Version, StringComparer.Ordinal));
    }

    [Fact]
    public async Task HoldDuty_OneAtATime_UntilItsTimeIsOver()
    {
        Assert.True(await Store.HoldDuty("d", "a", TimeSpan.FromMinutes(1), default));
        Assert.True(await Store.HoldDuty("d", "a", TimeSpan.FromMinutes(1), default));
        Assert.True(await Store.HoldDuty("other", "b", TimeSpan.FromMinutes(1), default));
        if (Database is PostgresStores)
        {
            Assert.False(await Other.HoldDuty("d", "b", TimeSpan.FromMinutes(1), default));
            await Database.Execute("update duties set held_until = now() - interval '1 second'");
            Assert.True(await Other.HoldDuty("d", "b", TimeSpan.FromMinutes(1), default));
            Assert.False(await Store.HoldDuty("d", "a", TimeSpan.FromMinutes(1), default));
            // The clock was set back since
            await Database.Execute("update duties set held_until = now() + interval '1 hour'");
            Assert.True(await Store.HoldDuty("d", "a", TimeSpan.FromMinutes(1), default));
        }
    }

    Task Mark(params (Guid Id, int Version)[] tickets) => Store.MarkDispatched([.. tickets.Select(x => new DispatchedTicket(x.Id, x.Version))], default);

    async Task<DateTimeOffset> Later() => (await Store.Now(default)).AddSeconds(1);
}
