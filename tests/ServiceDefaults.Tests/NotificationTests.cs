using System.Collections.Concurrent;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Bus.Notifications;
using JobSystem.Support;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>Instances on one PostgreSQL that hear each other's messages.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    static readonly TimeSpan soon = TimeSpan.FromSeconds(20);
    TestDatabase database = null!;

    public async Task InitializeAsync() => database = await (await PostgresServer.Shared()).CreateDatabase();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(7_500)]
    [InlineData(2_000_000)]
    public async Task Published_ByOneInstance_IsHeardOnceByEach(int length)
    {
        await using var first = await Instance.Start(database.Url);
        await using var second = await Instance.Start(database.Url);
        await Connected(first, second);
        // No pattern, so that it stays as long; and text that is not ASCII
        var text = string.Concat(Enumerable.Range(0, length).Select(x => (char)('\u00e0' + (int)(x * 2_654_435_761L >> 7 & 1023))));

        await first.Publish(new Said(text));
        await first.Publish(new Said("the next"));

        await Eventually.Holds(() => second.Heard.Contains("the next"), soon, "the second hears it");
        Assert.Equal([text, "the next"], second.Heard.Where(x => !x.StartsWith("hello", StringComparison.Ordinal)));
        Assert.Equal([text, "the next"], first.Heard.Where(x => !x.StartsWith("hello", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Published_ManyAtOnce_ComeInOrder()
    {
        await using var first = await Instance.Start(database.Url);
        await using var second = await Instance.Start(database.Url);
        await Connected(first, second);

        foreach (var number in Enumerable.Range(0, 500))
        {
            await first.Publish(new Said($"{number}"));
        }

        await Eventually.Holds(() => second.Heard.Contains("499"), soon, "the second hears the last");
        Assert.Equal(Enumerable.Range(0, 500).Select(x => $"{x}"), second.Heard.Where(x => !x.StartsWith("hello", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Published_NotShared_StaysInTheInstance()
    {
        await using var first = await Instance.Start(database.Url);
        await using var second = await Instance.Start(database.Url);
        await Connected(first, second);

        await first.Publish(new Thought("mine"));
        await first.Publish(new Said("ours"));

        await Eventually.Holds(() => second.Heard.Contains("ours"), soon, "the second hears it");
        Assert.DoesNotContain("mine", second.Heard);
        Assert.Contains("mine", first.Heard);
    }

    [Fact]
    public async Task Published_OnlyIfWanted_ComesWhileItIsWanted()
    {
        await using var first = await Instance.Start(database.Url);
        await using var second = await Instance.Start(database.Url);
        await Connected(first, second);

        await first.Publish(new Detail("before"));
        using (second.Wanted.Want<Detail>())
        {
            await Eventually.Holds(async () =>
            {
                await first.Publish(new Detail("wanted"));
                return second.Heard.Contains("wanted");
            }, soon, "the second hears it");
        }
        await Eventually.Holds(async () =>
        {
            var count = second.Heard.Count;
            await first.Publish(new Detail("after"));
            await first.Publish(new Said($"hello {count}"));
            await Eventually.Holds(() => second.Heard.Contains($"hello {count}"), soon, "what comes after it is heard");
            return second.Heard.Count == count + 1;
        }, soon, "nothing comes when it is not wanted any more");

        Assert.DoesNotContain("before", second.Heard);
    }

    [Fact]
    public async Task Connections_AreEndedByTheServer_ComeBackAndSayThatSomethingMayBeMissing()
    {
        await using var first = await Instance.Start(database.Url);
        await using var second = await Instance.Start(database.Url);
        await Connected(first, second);
        var interrupted = new TaskCompletionSource();
        second.Wanted.Interrupted += () => interrupted.TrySetResult();

        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var end = source.CreateCommand(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
        await end.ExecuteNonQueryAsync();

        await interrupted.Task.WaitAsync(soon);
        await Connected(first, second);
    }

    [Fact]
    public async Task Notifications_ThatAreNone_AreIgnored()
    {
        await using var first = await Instance.Start(database.Url);
        await using var second = await Instance.Start(database.Url);
        await Connected(first, second);
        var stranger = Guid.CreateVersion7();
        string[] odd =
        [
            "", "hello", $"{stranger:N} 1 0 1 Said not-base64", $"{stranger:N} 2 0 1 Said bm90IGRlZmxhdGVk", $"{stranger:N} 3 1 2 Said the-second-part-alone",
            $"{stranger:N} 4 0 1 Unknown AA==", .. NotificationText.Write(stranger, 5, "Said", new { Text = 7 }),
            .. NotificationText.Write(stranger, 6, "InstanceWants", new { }), $"{stranger:N} 7 0 100000 Said AA==",
        ];

        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        foreach (var text in odd)
        {
            await using var notify = source.CreateCommand("select pg_notify((select name from instance_channel), $1)");
            notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
            await notify.ExecuteNonQueryAsync();
        }

        await Connected(first, second);
        Assert.All(second.Heard, x => Assert.StartsWith("hello", x, StringComparison.Ordinal));
    }

    [Fact]
    public void Parts_OfAMessageThatWasCutOff_AreDropped()
    {
        var parts = new NotificationParts();
        var (one, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        Assert.Null(parts.Add(new(one, 1, 0, 3, "Said", "a")));
        Assert.Null(parts.Add(new(one, 1, 1, 3, "Said", "b")));
        Assert.Equal("c", parts.Add(new(other, 1, 0, 1, "Said", "c")));
        Assert.Null(parts.Add(new(one, 1, 2, 3, "Said", "d")));
        Assert.Null(parts.Add(new(one, 2, 0, 2, "Said", "e")));
        Assert.Equal("ef", parts.Add(new(one, 2, 1, 2, "Said", "f")));
    }

    /// <summary>Who has just started may hear nothing yet.</summary>
    static async Task Connected(Instance first, Instance second)
    {
        foreach (var (from, to) in ((Instance, Instance)[])[(first, second), (second, first)])
        {
            var word = $"hello {Guid.CreateVersion7()}";
            await Eventually.Holds(async () =>
            {
                await from.Publish(new Said(word));
                return to.Heard.Contains(word);
            }, soon, "they hear each other");
        }
    }

    public sealed record Said(string Text);

    public sealed record Detail(string Text);

    public sealed record Thought(string Text);

    sealed class Instance(TestService service, ConcurrentQueue<string> heard) : IAsyncDisposable
    {
        public ConcurrentQueue<string> Heard => heard;

        public WantedMessages Wanted => service.Services.GetRequiredService<WantedMessages>();

        public static async Task<Instance> Start(string postgres)
        {
            var heard = new ConcurrentQueue<string>();
            var service = await TestService.Start(
                builder =>
                {
                    builder.Services.AddSharedMessage<Said>();
                    builder.Services.AddSharedMessage<Detail>(onlyIfWanted: true);
                    builder.AddJobSystemBus(_ => { }, (_, bus) => bus.ReceiveEndpoint("heard", endpoint =>
                    {
                        endpoint.ConcurrentMessageLimit = 1;
                        endpoint.Handler<Said>(x => Hear(x.Message.Text));
                        endpoint.Handler<Detail>(x => Hear(x.Message.Text));
                        endpoint.Handler<Thought>(x => Hear(x.Message.Text));
                    }));
                },
                _ => { }, ("JOBSYSTEM_POSTGRES", postgres));
            return new(service, heard);

            Task Hear(string text)
            {
                heard.Enqueue(text);
                return Task.CompletedTask;
            }
        }

        public Task Publish<T>(T message) where T : class => service.Services.GetRequiredService<IBus>().Publish(message);

        public ValueTask DisposeAsync() => service.DisposeAsync();
    }
}
