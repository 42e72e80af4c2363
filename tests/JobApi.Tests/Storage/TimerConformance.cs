using JobSystem.JobApi.Model;

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

        Assert.Equal([ids[1], ids[3], ids[0]], await Due(10));
        Assert.Equal([ids[1], ids[3]], await Due(2));
    }

    [Fact]
    public async Task Due_WaitingForAWorkerOnly_SaysSo()
    {
        var waiting = await Insert(x => (x.DueAt, x.ExpiresAt) = (Moment.AddSeconds(-10), Moment.AddDays(1)));
        await Insert(x => (x.DueAt, x.ExpiresAt) = (Moment.AddSeconds(-9), Moment.AddSeconds(-9)));
        await Insert(x => (x.DueAt, x.NotBefore) = (Moment.AddSeconds(-8), Moment.AddSeconds(-8)));
        await Insert(x => (x.DueAt, x.PinnedTo) = (Moment.AddSeconds(-7), "w1"));
        await Insert(x => (x.DueAt, x.IsBroadcast) = (Moment.AddSeconds(-6), true));
        var held = await Insert();
        await Reserve(held.CorrelationId);
        await Change(held.CorrelationId, x => x.DueAt = Moment.AddSeconds(-5));

        var due = await Store.Due(DateTimeOffset.UnixEpoch, Moment, 10, default);

        Assert.Equal([true, false, false, false, false, false], due.Select(x => x.IsWaiting));
        Assert.Equal(waiting.CorrelationId, due[0].Id);
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

        Assert.Equal([new(later.CorrelationId, Moment.AddSeconds(-20), true)], await Store.Due(Moment.AddSeconds(-20), Moment, 10, default));
        Assert.Equal(Moment.AddSeconds(-20), await Store.NextDue(Moment.AddSeconds(-29), default));
        Assert.Empty(await Store.Due(Moment.AddSeconds(-19), Moment, 10, default));
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
    public async Task DisarmWaiting_ThoseThatWaitForAWorkerOnly_AreDueWhenTheyExpire()
    {
        var past = Moment.AddSeconds(-10);
        var (patient, expiring) = (await Insert(x => x.DueAt = past), await Insert(x => (x.DueAt, x.ExpiresAt) = (past, Moment.AddDays(1))));
        JobState[] others =
        [
            await Insert(x => (x.DueAt, x.NotBefore) = (past, past)), await Insert(x => (x.DueAt, x.PinnedTo) = (past, "w1")),
            await Insert(x => (x.DueAt, x.IsBroadcast) = (past, true)), await Insert(x => (x.DueAt, x.ExpiresAt) = (past, past)),
        ];
        var (early, held) = (await Insert(), await Insert());
        await Reserve(held.CorrelationId);
        Guid[] ids = [.. others.Append(patient).Append(expiring).Append(early).Append(held).Select(x => x.CorrelationId), Guid.CreateVersion7()];

        await Store.DisarmWaiting(ids, Moment, default);

        Assert.Equivalent(new { DueAt = (DateTimeOffset?)null, Version = 1 }, await Find(patient.CorrelationId));
        Assert.Equivalent(new { DueAt = Moment.AddDays(1), Version = 1 }, await Find(expiring.CorrelationId));
        Assert.All(await Task.WhenAll(others.Select(x => Find(x.CorrelationId))), x => Assert.Equal(past, x.DueAt));
        Assert.Equal(early.DueAt, (await Find(early.CorrelationId)).DueAt);
        Assert.Equal(Moment.AddMinutes(10), (await Find(held.CorrelationId)).DueAt);
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
}
