using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

/// <summary>On RabbitMQ.</summary>
public sealed class When_the_bus_is_a_broker
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
        await Eventually.Holds(() => rig.Granted.Count == 1);
        for (var n = 0; n < 40; n++)
        {
            await rig.Submit("task", new { n }, priority: (byte)(n % 4 + 1));
        }
        Assert.Single(rig.Granted);
        go.SetResult();
        await Eventually.Holds(() => order.Count == 40);
        Assert.Equal(Enumerable.Range(0, 40).OrderByDescending(n => n % 4).ThenBy(n => n), order);
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
        var attempts = rig.Services.GetRequiredService<Attempts>();
        await Eventually.Holds(() => rig.Granted.Count == 40 && attempts.Unended == 0, TimeSpan.FromSeconds(60));
        // What was lost with the inbox is reserved again when its lease has ended
        var again = Enumerable.Range(0, 40).Except(runs.Keys).ToList();
        foreach (var n in again)
        {
            await rig.Submit("task", new { n });
        }
        await Eventually.Holds(() => runs.Count == 40);
        await Eventually.Holds(() => rig.Reports.Count(x => x.Step == AttemptStep.Completed) >= 40);
        // One of them may have been on its way instead
        Assert.All(runs.Where(x => !again.Contains(x.Key)), x => Assert.Equal(1, x.Value));
        Assert.Equal(0, attempts.Unended);
        Assert.Null(rig.Services.GetRequiredService<RequestSender>().UnavailableReason);
    }

    /// <summary>The broker has dropped the inbox with the connection, and responses with it.</summary>
    [Fact]
    public async Task Should_renew_its_requests_at_once_when_it_is_connected_again()
    {
        var server = await RabbitServer.Shared();
        await using var host = await server.CreateVirtualHost();
        // A clock that stands still: nothing is renewed because of its age
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1), new FakeTimeProvider(), host.Url);
        var first = rig.Requests.Last();

        await CloseConnections(server, host);

        await Eventually.Holds(() => rig.Requests.Any(x => x.Replaces == first.RequestId && x.Count == 8));
        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("task"))).Step);
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
