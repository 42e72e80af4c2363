using JobSystem.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>What is wrong with a job concerns that job; what is wrong with JobSystem concerns none.</summary>
public sealed class When_jobs_are_refused : IAsyncLifetime
{
    const int SetAside = 6011;

    ShopDatabase database = null!;
    FakeApi api = null!;

    public async Task InitializeAsync() => (database, api) = (await ShopDatabase.Create("sqlite"), await FakeApi.Start());

    public async Task DisposeAsync()
    {
        await api.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Should_set_them_aside_and_post_the_others()
    {
        api.Answer = batch => Task.FromResult(FakeApi.Refuse(batch, x => FakeApi.Text(x) is "3" or "7"));
        await using var app = await ShopApp.Start(database, api.Url);

        var ids = await app.SaveNotes(10);

        await Eventually.Holds(async () => await database.Count() == 2);
        var rows = await database.Rows();
        Assert.Equal([ids[3], ids[7]], rows.Select(x => x.JobId));
        Assert.All(rows, x => Assert.Equal(("refused", null, "Failed to create job: kwargs: is wrong"), (x.State, x.Claim, x.Error)));
        Assert.All(rows, x => Assert.NotNull(x.SettledAt));
        Assert.Equal([10, 8], api.Batches.Select(x => x.Ids.Count));
        Assert.Equal(ids.Except([ids[3], ids[7]]), api.Batches.Last().Ids);
        Assert.Equal([$"The outbox of ShopDb sets job {ids[3]} of task make_note aside as refused: Failed to create job: kwargs: is wrong"],
            app.Log.Where(x => x.Id == SetAside && x.Message.Contains(ids[3], StringComparison.Ordinal)).Select(x => x.Message));
    }

    [Fact]
    public async Task Should_not_post_them_again_until_they_are_made_pending()
    {
        api.Answer = batch => Task.FromResult(FakeApi.Refuse(batch, _ => true));
        await using var app = await ShopApp.Start(database, api.Url);
        var id = (await app.SaveNotes(1)).Single();
        await Eventually.Holds(async () => await database.Count("refused") == 1);
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        Assert.Single(api.Batches);

        api.Answer = _ => Task.FromResult<IResult?>(null);
        await app.Use(db => OutboxPage.PostAgain(db, CancellationToken.None));

        await Eventually.Holds(() => api.Accepted.ContainsKey(id));
        await Eventually.Holds(async () => await database.Count() == 0);
    }

    /// <summary>A worker that comes later is the usual case of a first deployment.</summary>
    [Fact]
    public async Task Should_post_them_again_when_their_task_was_unknown()
    {
        api.Answer = batch => Task.FromResult(FakeApi.Refuse(batch, _ => true, "task_name", "task_not_found"));
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        await using var app = await ShopApp.Start(database, api.Url, time: time);
        var id = (await app.SaveNotes(1)).Single();
        await Eventually.Holds(async () => await database.Count(OutboxStates.UnknownTask) == 1);

        for (var i = 2; i <= 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Eventually.Holds(() => api.Batches.Count == i);
            await Eventually.Holds(async () => await database.Count(OutboxStates.UnknownTask) == 1);
        }
        Assert.Single(app.Log, x => x.Id == SetAside);
        Assert.Contains("start a worker that maps it", (await database.Rows()).Single().Error, StringComparison.Ordinal);
        api.Answer = _ => Task.FromResult<IResult?>(null);
        time.Advance(TimeSpan.FromSeconds(10));

        await Eventually.Holds(() => api.Accepted.ContainsKey(id));
    }

    /// <summary>A refusal that names no job, and a failure of the server, are traced to the job by dividing.</summary>
    [Theory]
    [InlineData(413, "payload_too_large")]
    [InlineData(400, "bad_request")]
    [InlineData(500, "internal_error")]
    public async Task Should_find_the_job_that_is_at_fault(int status, string code)
    {
        api.Answer = batch => Task.FromResult(
            batch.Jobs.Any(x => FakeApi.Text(x) is "0" or "13" or "14") ? FakeApi.Problem(status, code) : null);
        await using var app = await ShopApp.Start(database, api.Url);

        var ids = await app.SaveNotes(20);

        await Eventually.Holds(async () => await database.Count() == 3);
        Assert.Equal([ids[0], ids[13], ids[14]], (await database.Rows()).Select(x => x.JobId));
        Assert.All(await database.Rows(), x => Assert.Equal($"refused with {code}", x.Error));
        Assert.Equal(17, api.Accepted.Count);
        Assert.All(api.Accepted.Values, x => Assert.Equal(1, x));
    }

    [Theory]
    [InlineData(500, "internal_error", 6002)]
    [InlineData(401, "unauthorized", 6002)]
    [InlineData(403, "forbidden", 6002)]
    [InlineData(429, "quota_exceeded", 6002)]
    [InlineData(503, "service_unavailable", 6001)]
    public async Task Should_keep_them_when_none_is_at_fault(int status, string code, int logged)
    {
        api.Answer = _ => Task.FromResult<IResult?>(FakeApi.Problem(status, code));
        await using var app = await ShopApp.Start(database, api.Url);

        var ids = await app.SaveNotes(3);

        await Eventually.Holds(() => app.Log.Any(x => x.Id == logged && x.Message.Contains($"refused with {code}", StringComparison.Ordinal)));
        Assert.Equal(3, await database.Count(OutboxStates.Pending));
        api.Answer = _ => Task.FromResult<IResult?>(null);
        await Eventually.Holds(() => api.Accepted.Count == 3);
        await Eventually.Holds(() => app.Log.Any(x => x.Id == 6004));
        Assert.Equal(ids, api.Batches.Last().Ids);
    }

    /// <summary>A quota may be smaller than a batch. What fits goes, and is not posted again with the rest.</summary>
    [Fact]
    public async Task Should_post_as_many_as_there_is_room_for()
    {
        var room = 8;
        api.Answer = batch => Task.FromResult(Interlocked.Add(ref room, -batch.Ids.Count) >= 0 ? null : NoRoom(batch));
        IResult? NoRoom(PostedBatch batch)
        {
            Interlocked.Add(ref room, batch.Ids.Count);
            return FakeApi.Problem(429, "quota_exceeded");
        }
        await using var app = await ShopApp.Start(database, api.Url);

        var ids = await app.SaveNotes(20);

        await Eventually.Holds(async () => await database.Count() == 12);
        Assert.Equal(ids[..8].Order(), api.Accepted.Keys.Order());
        Interlocked.Add(ref room, 15);
        await Eventually.Holds(async () => await database.Count() == 0);
        Assert.Equal(ids.Order(), api.Accepted.Keys.Order());
        Assert.All(api.Accepted.Values, x => Assert.Equal(1, x));
    }

    [Fact]
    public async Task Should_wait_while_nothing_answers()
    {
        await using var app = await ShopApp.Start(database, $"http://127.0.0.1:{FreePort.Next()}");

        await app.SaveNotes(3);

        await Eventually.Holds(() => app.Log.Any(x => x.Id == 6001 && x.Message.Contains("cannot be reached", StringComparison.Ordinal)));
        Assert.All(await database.Rows(), x => Assert.Equal((OutboxStates.Pending, null), (x.State, x.Error)));
    }

    [Fact]
    public async Task Should_give_up_a_request_that_takes_longer_than_half_of_the_lease()
    {
        using var hanging = new SemaphoreSlim(0);
        api.Answer = async _ =>
        {
            await hanging.WaitAsync();
            return null;
        };
        await using var app = await ShopApp.Start(database, api.Url, o => o.Lease = TimeSpan.FromSeconds(1));

        await app.SaveNotes(1);

        await Eventually.Holds(() => app.Log.Any(x => x.Id == 6001 && x.Message.Contains("within 00:00:00.5", StringComparison.Ordinal)));
        hanging.Release(1000);
        await Eventually.Holds(async () => await database.Count() == 0);
    }

    /// <summary>It expired after it was posted: that its row is still there is the fault of a relay that died.</summary>
    [Fact]
    public async Task Should_not_set_aside_what_expired_after_it_was_posted()
    {
        api.Answer = batch => Task.FromResult(FakeApi.Refuse(batch, _ => true, "expires_at"));
        await using var app = await ShopApp.Start(database, api.Url, o => o.RunsRelay = false);
        var ids = await app.SaveNotes(2, (x, _) => x.ExpireAfter(TimeSpan.FromSeconds(1)));
        api.Accepted[ids[0]] = 1;

        await using var relay = await ShopApp.Start(database, api.Url);

        await Eventually.Holds(async () => await database.Count(OutboxStates.Refused) == 1 && await database.Count() == 1);
        Assert.Equal(ids[1], (await database.Rows()).Single().JobId);
    }

    [Fact]
    public async Task Should_go_on_when_the_database_comes_back()
    {
        await using (var db = database.Open())
        {
            await db.Database.ExecuteSqlRawAsync("alter table job_outbox rename to away");
        }
        await using var app = await ShopApp.Start(database, api.Url);
        await Eventually.Holds(() => app.Log.Any(x => x.Id == 6003 && x.Message.Contains("no such table", StringComparison.Ordinal)));

        await using (var db = database.Open())
        {
            await db.Database.ExecuteSqlRawAsync("alter table away rename to job_outbox");
        }
        var id = (await app.SaveNotes(1)).Single();

        await Eventually.Holds(() => api.Accepted.ContainsKey(id));
    }
}
