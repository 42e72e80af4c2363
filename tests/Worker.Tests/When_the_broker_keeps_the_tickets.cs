using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Intake;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace JobSystem.Worker.Tests;

/// <summary>On RabbitMQ, where a ticket in a worker's hands is one that no better ticket can overtake.</summary>
public sealed class When_the_broker_keeps_the_tickets
{
    [Fact]
    public async Task Should_start_by_priority_then_age_with_one_slot()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var go = new TaskCompletionSource();
        var order = new ConcurrentQueue<int>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("block", async () => await go.Task);
            x.Tasks.MapTask("task", async (int n) =>
            {
                order.Enqueue(n);
                await Task.Delay(5);
            });
        }, broker: host.Url);
        await rig.Submit("block");
        await Eventually.Holds(() => rig.Claims.Count == 1);
        for (var n = 0; n < 40; n++)
        {
            await rig.Submit("task", new { n }, priority: (byte)(n % 4 + 1));
        }
        await Ready(host, 40);
        go.SetResult();
        await Eventually.Holds(() => order.Count == 40);
        Assert.Equal(Enumerable.Range(0, 40).OrderByDescending(n => n % 4).ThenBy(n => n), order);
    }

    [Fact]
    public async Task Should_keep_its_subscriptions_when_an_instance_of_before_says_nothing_about_tasks()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1), broker: host.Url);
        await rig.End(await rig.Submit("task"));

        await rig.ToWorker(rig.WorkerId, new QueuesChanged { Names = ["default", "later"] });
        await Eventually.Holds(() => rig.Services.GetRequiredService<ServedQueues>().Names.Contains("later"));

        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("task"))).Step);
    }

    [Fact]
    public async Task Should_give_back_what_it_cannot_run_now()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var go = new TaskCompletionSource();
        var order = new ConcurrentQueue<int>();
        await using var rig = await WorkerRig.Start(x =>
        {
            // One slot: two that start at the same time have no order
            x.Slots = 1;
            x.Tasks.MapTask("block", async () => await go.Task);
            x.Tasks.MapTask("task", (int n) => order.Enqueue(n));
        }, broker: host.Url);
        await rig.Submit("block");
        await Eventually.Holds(() => rig.Claims.Count == 1);
        await rig.Submit("task", new { n = 1 }, priority: 1);
        await rig.Submit("task", new { n = 2 }, priority: 1);
        // Another worker could take them now
        await Ready(host, 2);
        await rig.Submit("task", new { n = 3 }, priority: 4);
        go.SetResult();
        await Eventually.Holds(() => order.Count == 3);
        Assert.Equal(3, order.First());
    }

    [Fact]
    public async Task Should_go_on_when_the_connection_was_lost()
    {
        var server = await RabbitServer.Shared();
        await using var host = await server.CreateVirtualHost();
        var runs = new ConcurrentDictionary<int, int>();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (int n) =>
        {
            runs.AddOrUpdate(n, 1, (_, old) => old + 1);
            await Task.Delay(300);
        }), broker: host.Url);
        for (var n = 0; n < 40; n++)
        {
            await rig.Submit("task", new { n });
        }
        await Eventually.Holds(() => runs.Count >= 8);
        await CloseConnections(server, host);
        await Eventually.Holds(() => runs.Count == 40, TimeSpan.FromSeconds(60));
        await Eventually.Holds(() => rig.Reports.Count(x => x.Step == AttemptStep.Completed) >= 40, TimeSpan.FromSeconds(30));
        Assert.All(runs, x => Assert.Equal(1, x.Value));
        Assert.Equal(8, rig.Services.GetRequiredService<SlotScheduler>().Free);
    }

    [Fact]
    public async Task Should_be_fast()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var count = 0;
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 200;
            x.Tasks.MapTask("task", (int n) => ValueTask.FromResult(Interlocked.Increment(ref count)));
        }, broker: host.Url);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(n => rig.Submit("task", new { n })));
        await Eventually.Holds(() => count == 3000, TimeSpan.FromSeconds(60));
        await Eventually.Holds(() => rig.Reports.Count == 3000);
        // Batches, not single messages: that is what makes it fast, and unlike the time it does not depend on the machine
        Assert.InRange(rig.Messages.Count, 1, 1500);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), clock.Elapsed.TotalSeconds.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Asks the broker itself: its statistics are seconds old.</summary>
    static async Task Ready(TestVirtualHost host, int count)
    {
        await using var connection = await new ConnectionFactory { Uri = new(host.Url) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await Eventually.Holds(
            async () => (await channel.QueueDeclarePassiveAsync(BusAddresses.Tickets("default", "task", null))).MessageCount == count, TimeSpan.FromSeconds(30));
    }

    static Task CloseConnections(RabbitServer server, TestVirtualHost host) => Eventually.Holds(async () =>
    {
        var connections = await server.Management.GetFromJsonAsync<List<JsonElement>>($"api/vhosts/{host.Name}/connections");
        foreach (var connection in connections!)
        {
            using var answer = await server.Management.DeleteAsync(
                $"api/connections/{Uri.EscapeDataString(connection.GetProperty("name").GetString()!)}");
        }
        return connections.Count > 0;
    });
}
