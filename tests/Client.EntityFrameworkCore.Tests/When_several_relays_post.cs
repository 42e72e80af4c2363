using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>Relays side by side share the rows; what one of them leaves behind is posted by another, once its lease has ended.</summary>
public sealed class When_several_relays_post
{
    public static TheoryData<string> Providers => ["sqlite", "postgres"];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_post_each_row_once(string provider)
    {
        const int Jobs = 2000;
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        using var both = new CountdownEvent(2);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        api.Answer = async batch =>
        {
            // Nobody goes on before the other has claimed some, so that both work
            if (seen.TryAdd(batch.Key, true))
            {
                both.Signal();
                await Eventually.Holds(() => both.IsSet, what: "both relays post");
            }
            return null;
        };
        await using var writer = await ShopApp.Start(database, api.Url, o => o.RunsRelay = false);
        await writer.SaveNotes(Jobs);

        await using var one = await ShopApp.Start(database, api.Url, o => (o.BatchSize, o.Lease) = (50, TimeSpan.FromMinutes(10)), "one");
        await using var two = await ShopApp.Start(database, api.Url, o => (o.BatchSize, o.Lease) = (50, TimeSpan.FromMinutes(10)), "two");

        await Eventually.Holds(async () => await database.Count() == 0);
        Assert.Equal(Jobs, api.Accepted.Count);
        Assert.Equal(Jobs, api.Batches.Sum(x => x.Ids.Count));
        Assert.Equal(["one", "two"], api.Batches.Select(x => x.Key).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_take_over_what_a_relay_left_behind(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        await using var writer = await ShopApp.Start(database, api.Url, o => o.RunsRelay = false);
        var ids = await writer.SaveNotes(5);
        var claim = await writer.Table.Claim("dead/1", 3, default);

        await using var app = await ShopApp.Start(database, api.Url, o => o.Lease = TimeSpan.FromSeconds(40), time: time);

        await Eventually.Holds(() => api.Accepted.Count == 2);
        Assert.Equal(ids[..3], claim!.Jobs.Select(x => x.JobId));
        Assert.Equal(ids[3..], api.Batches.SelectMany(x => x.Ids));
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
        Assert.Equal(2, api.Accepted.Count);
        await Eventually.Passes(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(5, api.Accepted.Count);
            return Task.CompletedTask;
        });
        await Eventually.Holds(async () => await database.Count() == 0);
        Assert.Contains(app.Log, x => x.Id == 6021 && x.Message.Contains("dead/1", StringComparison.Ordinal));
    }

    /// <summary>A relay that stood still and goes on after its lease does not touch rows that are another's now.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_leave_rows_alone_that_are_anothers_now(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var app = await ShopApp.Start(database, "http://127.0.0.1:1", o => o.RunsRelay = false);
        await app.SaveNotes(4);
        var late = (await app.Table.Claim("late/1", 4, default))!;
        Assert.Null(await app.Table.Claim("other/1", 4, default));
        Assert.Equal(4, await app.Table.TakeOver("late/1", default));
        var other = (await app.Table.Claim("other/2", 2, default))!;

        await app.Table.Settle(late, new([new(late.Jobs[0], OutboxStates.Refused, "wrong")], null, null), keepPosted: false, default);
        await app.Table.Release(late, default);

        Assert.Equal(["other/2", "other/2", null, null], (await database.Rows()).Select(x => x.Claim));
        Assert.All(await database.Rows(), x => Assert.Equal(OutboxStates.Pending, x.State));
        await app.Table.Settle(other, new([], null, null), keepPosted: false, default);
        Assert.Equal(2, await database.Count());
        Assert.Equal(0, await app.Table.TakeOver("late/1", default));
    }

    [Fact]
    public async Task Should_give_rows_back_when_a_program_stops()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var api = await FakeApi.Start();
        var hangs = new TaskCompletionSource();
        api.Answer = async _ =>
        {
            await hangs.Task;
            return null;
        };
        await using var app = await ShopApp.Start(database, api.Url);
        await app.SaveNotes(2);
        await Eventually.Holds(() => api.Batches.Count == 1);
        Assert.All(await database.Rows(), x => Assert.NotNull(x.Claim));

        await app.StopAsync();

        Assert.All(await database.Rows(), x => Assert.Equal((OutboxStates.Pending, null), (x.State, x.Claim)));
        hangs.SetResult();
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_keep_posted_rows_for_their_retention(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        await using var app = await ShopApp.Start(database, api.Url, o => o.Retention = TimeSpan.FromHours(1), time: time);
        await app.SaveNotes(1200);
        await Eventually.Holds(async () => await database.Count(OutboxStates.Posted) == 1200);
        time.Advance(TimeSpan.FromMinutes(59));
        await app.SaveNotes(1);
        await Eventually.Holds(async () => await database.Count(OutboxStates.Posted) == 1201);

        time.Advance(TimeSpan.FromMinutes(2));

        await Eventually.Holds(async () => await database.Count() == 1);
        Assert.Equal(DateTimeKind.Utc, (await database.Rows()).Single().SettledAt!.Value.Kind);
        Assert.Equal(DateTime.UnixEpoch.AddMinutes(59), (await database.Rows()).Single().EnqueuedAt);
        Assert.Equal(1201, api.Accepted.Count);
    }
}
