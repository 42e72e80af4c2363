using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Npgsql;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>A change of a queue's settings on PostgreSQL, while a claim that was decided before it takes long to commit.</summary>
public sealed class SettingsFenceTests(PostgresStores database) : JobStoreConformance<PostgresStores>(database)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_WhileAClaimHasBegun_ReturnsAfterIt(bool pause)
    {
        await Prepare();
        var (early, late, other) = (await Insert(x => x.QueueName = "mails"), NewJob(x => x.QueueName = "mails"), NewJob(x => x.QueueName = "other"));
        await using var obstacle = await Obstacle("select from jobs for update");

        var claim = Store.Write([Start(early)], default);
        await Database.Waiting(1);
        var change = Database.OtherQueues.Change("mails", Settings(pause), default);
        await Database.Waiting(2);
        Assert.False(change.IsCompleted);
        await obstacle.DisposeAsync();

        Assert.Equal([true], await claim);
        Assert.True(await change);
        Assert.Equal(0, (await Database.Queues.Room("mails", default))?.Free);
        await Insert(late, other);
        Assert.Equal([false, true], await Store.Write([Start(late), Start(other)], default));
        Assert.Equal([SlotResult.Full], await Database.Queues.Claim([Start(late)], default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Change_BeforeAClaimCouldBegin_RefusesIt(bool pause)
    {
        await Prepare();
        var (early, other) = (await Insert(x => x.QueueName = "mails"), await Insert(x => x.QueueName = "other"));
        await using var obstacle = await Obstacle("lock table jobs in share mode");

        var claim = Store.Write([Start(early), Start(other)], default);
        await Database.Waiting(1);
        Assert.True(await Database.OtherQueues.Change("mails", Settings(pause), default));
        await obstacle.DisposeAsync();

        Assert.Equal([false, true], await claim);
    }

    /// <summary>Setting a limit takes in what is held, so that no claim between both goes uncounted.</summary>
    [Fact]
    public async Task Change_ToALimit_WhileManyClaim_CountsEachOfThem()
    {
        await Prepare();
        var jobs = Enumerable.Range(0, 40).Select(_ => NewJob(x => x.QueueName = "mails")).ToArray();
        await Insert(jobs);

        var claims = jobs.Select(job => Task.Run(async () => (await Store.Write([Start(job)], default))[0])).ToList();
        await Database.OtherQueues.Change("mails", Settings(pause: false), default);
        var held = (await Task.WhenAll(claims)).Count(x => x);

        Assert.Equal(held, await Database.Number("select count(*) from jobs where state = 'reserved'"));
        Assert.Equal(held, await Database.Number("select count(*) from queue_slots"));
    }

    [Fact]
    public async Task Write_WhileTheSettingsOfItsQueueAreChanged_IsRefusedAtOnce_AndOtherQueuesGoOn()
    {
        await Prepare();
        var (mine, other) = (await Insert(x => x.QueueName = "mails"), await Insert(x => x.QueueName = "other"));
        await using var changing = await Obstacle($"select pg_advisory_xact_lock({ClaimFunctions.SettingsLock}('mails'))");

        Assert.Equal([false, true], await Store.Write([Start(mine), Start(other)], default));
    }

    async Task Prepare()
    {
        await Store.AddQueue("mails", default);
        await Store.AddQueue("other", default);
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

    static SagaWrite Start(JobState job)
    {
        var claimed = job.Clone();
        Reserve(claimed);
        claimed.StartsAttempt = true;
        return new(claimed, job.Version);
    }
}
