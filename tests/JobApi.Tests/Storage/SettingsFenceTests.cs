using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Npgsql;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>A change of a queue's settings on PostgreSQL, while a claim that began before it takes long to commit.</summary>
public sealed class SettingsFenceTests(PostgresStores database) : JobStoreConformance<PostgresStores>(database)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_WhileAClaimHasBegun_ReturnsAfterIt(bool pause)
    {
        await Prepare();
        await Insert(x => x.QueueName = "mails");
        await using var obstacle = await ObstacleToUpdates();

        var claim = Store.Claim(Both(5), default);
        await Database.Waiting(1);
        var change = Database.OtherQueues.Change("mails", Settings(pause), default);
        await Database.Waiting(2);
        Assert.False(change.IsCompleted);
        await obstacle.DisposeAsync();

        Assert.Single((await claim).Jobs);
        Assert.True(await change);
        Assert.Equal(0, (await Database.Queues.Room("mails", default))?.Free);
        await Insert(NewJob(x => x.QueueName = "mails"), NewJob(x => x.QueueName = "other"));
        var next = await Store.Claim(Both(5), default);
        Assert.Equal("other", Assert.Single(next.Jobs).QueueName);
        Assert.Equal(["mails"], next.Closed);
        Assert.True((await Store.Claim(NewClaim(5, "mails") with { LimitedQueue = "mails" }, default)).IsFull);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_BeforeAClaimCouldBegin_RefusesIt(bool pause)
    {
        await Prepare();
        await Insert(NewJob(x => x.QueueName = "mails"), NewJob(x => x.QueueName = "other"));
        await using var obstacle = await Obstacle("lock table jobs in share mode");

        var claim = Store.Claim(Both(5), default);
        await Database.Waiting(1);
        Assert.True(await Database.OtherQueues.Change("mails", Settings(pause), default));
        await obstacle.DisposeAsync();

        Assert.Equal("other", Assert.Single((await claim).Jobs).QueueName);
        Assert.Equal(["mails"], (await claim).Closed);
    }

    /// <summary>Setting a limit takes in what is held, so that no claim between both goes uncounted.</summary>
    [Fact]
    public async Task Change_ToALimit_WhileManyClaim_CountsEachOfThem()
    {
        await Prepare();
        await Insert([.. Enumerable.Range(0, 40).Select(_ => NewJob(x => x.QueueName = "mails"))]);

        var claims = Enumerable.Range(0, 40).Select(_ => Task.Run(async () => (await Store.Claim(Both(1), default)).Jobs.Count)).ToList();
        await Database.OtherQueues.Change("mails", Settings(pause: false), default);
        var held = (await Task.WhenAll(claims)).Sum();

        Assert.Equal(held, await Database.Number("select count(*) from jobs where state = 'reserved'"));
        Assert.Equal(held, await Database.Number("select count(*) from queue_slots"));
    }

    [Fact]
    public async Task Claim_WhileTheSettingsOfItsQueueAreChanged_IsRefusedAtOnce_AndOtherQueuesGoOn()
    {
        await Prepare();
        await Insert(NewJob(x => x.QueueName = "mails"), NewJob(x => x.QueueName = "other"));
        await using var changing = await Obstacle($"select pg_advisory_xact_lock({ClaimFunctions.SettingsLock}('mails'))");

        var claimed = await Store.Claim(Both(5), default);

        Assert.Equal("other", Assert.Single(claimed.Jobs).QueueName);
        Assert.Equal(["mails"], claimed.Closed);
    }

    static JobClaim Both(int count) => NewClaim(count) with
    {
        Levels = [.. Levels("mails").Concat(Levels("other")).Select(x => (x, DateTimeOffset.UnixEpoch))],
        Queues = ["mails", "other"],
    };

    async Task Prepare()
    {
        await Store.AddQueue("mails", default);
        await Store.AddQueue("other", default);
    }

    /// <summary>Each update of a job waits until it is disposed: after the claim has found out which queues are open.</summary>
    async Task<NpgsqlConnection> ObstacleToUpdates()
    {
        await Database.Execute("""
            create or replace function wait_for_test() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(77); return new; end $$;
            create or replace trigger wait_for_test before update on jobs for each row execute function wait_for_test()
            """);
        return await Obstacle("select pg_advisory_xact_lock(77)");
    }

    /// <summary>What the statement locks, until it is disposed.</summary>
    async Task<NpgsqlConnection> Obstacle(string sql)
    {
        var connection = await Database.Open();
        await using var command = new NpgsqlCommand($"begin; {sql}", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    static QueueSettings Settings(bool pause) => pause ? new() { IsPaused = true } : new() { MaxConcurrency = new(1) };
}
