using JobSystem.Contracts;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

public sealed class PostgresLeaseTests(PostgresStores database) : LeaseConformance<PostgresStores>(database);

public sealed class SqliteLeaseTests(SqliteStores database) : LeaseConformance<SqliteStores>(database);

public abstract class LeaseConformance<TDatabase>(TDatabase database) : JobStoreConformance<TDatabase>(database) where TDatabase : class, ITestStores
{
    [Fact]
    public async Task RenewLeases_OwnAttempts_AreExtendedWithoutANewVersion()
    {
        var (reserved, running) = (await Insert(), await Insert());
        await Reserve(reserved.CorrelationId);
        await Reserve(running.CorrelationId);
        await Change(running.CorrelationId, x => x.CurrentState = JobStatus.Running);

        var renewed = await Renew("w1", (reserved.CorrelationId, 1), (running.CorrelationId, 1));

        Assert.Equal(
            new HashSet<RenewedLease> { new(reserved.CorrelationId, 1, false, null), new(running.CorrelationId, 1, false, null) }, renewed.ToHashSet());
        var (first, second) = (await Find(reserved.CorrelationId), await Find(running.CorrelationId));
        Assert.Equal(TimeProvider.System.GetUtcNow().AddMinutes(20), first.LeaseUntil!.Value, TimeSpan.FromSeconds(10));
        Assert.Equal((2, 3), (first.Version, second.Version));
    }

    [Fact]
    public async Task RenewLeases_CancelRequested_IsPassedOn()
    {
        var job = await Insert();
        await Reserve(job.CorrelationId);
        await Change(job.CorrelationId, x => (x.CancelRequestedAt, x.CancelReason) = (Moment, "not wanted"));

        Assert.Equal([new(job.CorrelationId, 1, true, "not wanted")], await Renew("w1", (job.CorrelationId, 1)));
    }

    [Fact]
    public async Task RenewLeases_WhatIsNotItsOwn_IsNeitherExtendedNorReturned()
    {
        var (others, older, waiting, final, own) = (await Insert(), await Insert(), await Insert(), await Insert(), await Insert());
        await Reserve(others.CorrelationId, "w2");
        await Reserve(older.CorrelationId);
        await Reserve(older.CorrelationId);
        await Reserve(final.CorrelationId);
        await Finish(final.CorrelationId, JobStatus.Completed);
        await Reserve(own.CorrelationId);

        var renewed = await Renew("w1", [.. new[] { others, older, waiting, final, own }.Select(x => (x.CorrelationId, 1)), (Guid.CreateVersion7(), 1)]);

        Assert.Equal([own.CorrelationId], renewed.Select(x => x.JobId));
        Assert.Equal(Moment.AddMinutes(10), (await Find(others.CorrelationId)).LeaseUntil);
        Assert.Equal(Moment.AddMinutes(10), (await Find(older.CorrelationId)).LeaseUntil);
        Assert.Null((await Find(final.CorrelationId)).LeaseUntil);
    }

    [Fact]
    public async Task RenewLeases_None_ReturnsNone() => Assert.Empty(await Renew("w1"));

    [Fact]
    public async Task ExpireLeases_HeldAttempts_AreDueNow()
    {
        var (held, waiting, final) = (await Insert(), await Insert(), await Insert());
        await Reserve(held.CorrelationId);
        await Reserve(final.CorrelationId);
        await Finish(final.CorrelationId, JobStatus.Completed);

        await Store.ExpireLeases(default);

        Assert.Equal([held.CorrelationId], await Due(10));
        Assert.True((await Find(held.CorrelationId)).LeaseUntil <= TimeProvider.System.GetUtcNow());
        Assert.Equal(waiting.DueAt, (await Find(waiting.CorrelationId)).DueAt);
        Assert.Null((await Find(final.CorrelationId)).DueAt);
    }

    Task<IReadOnlyList<RenewedLease>> Renew(string worker, params (Guid Id, int Attempt)[] held) =>
        Store.RenewLeases(worker, [.. held.Select(x => new HeldAttempt { JobId = x.Id, Attempt = x.Attempt })], TimeSpan.FromMinutes(20), default);
}
