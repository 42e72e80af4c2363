using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Intake;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace JobSystem.Worker.Tests;

/// <summary>
/// The database or JobApi is unavailable or hangs while all slots hold claims; on RabbitMQ, with more tickets than slots in several queues.
/// </summary>
public sealed class When_claims_are_not_answered
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Should_run_everything_once_they_are(int queues)
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var runs = new ConcurrentDictionary<int, int>();
        await using var rig = await WorkerRig.Start(
            x => x.Tasks.MapTask("task", (int n) => runs.AddOrUpdate(n, 1, (_, old) => old + 1)), broker: host.Url);
        rig.Answer = _ => null;
        rig.Queues.AddRange(Enumerable.Range(1, queues - 1).Select(n => $"q{n}"));
        for (var n = 0; n < 60; n++)
        {
            await rig.Submit("task", new { n }, queue: rig.Queues[n % queues]);
        }
        // Until the slots of the first claims are lent, and tickets have been given back
        await Eventually.Holds(() => rig.Services.GetRequiredService<Claims>().Unanswered.Count == queues, TimeSpan.FromSeconds(60));
        Assert.Empty(runs);

        rig.Answer = _ => "granted";

        await Eventually.Holds(() => runs.Count == 60, TimeSpan.FromSeconds(60));
        var slots = rig.Services.GetRequiredService<SlotScheduler>();
        await Eventually.Holds(() => (slots.Free, slots.Places) == (8, 8), TimeSpan.FromSeconds(30));
        Assert.Null(rig.Services.GetRequiredService<ITicketReceiver>().UnavailableReason);
        Assert.Empty(rig.Services.GetRequiredService<Claims>().Unanswered);
    }

    /// <summary>JobApi grants an attempt again while it has not read the release; the job would run twice.</summary>
    [Fact]
    public async Task Should_not_start_an_attempt_that_it_has_released()
    {
        var runs = 0;
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => Interlocked.Increment(ref runs)));
        rig.Answer = _ => "stale";
        var job = await rig.Submit("task");
        await Eventually.Holds(() => rig.Claims.Count == 1 && rig.Services.GetRequiredService<SlotScheduler>().Free == 8);
        await rig.Grant(job);
        Assert.Equal(AttemptStep.Released, (await rig.End(job)).Step);

        rig.Answer = _ => "granted";
        await rig.Ticket(job);
        await rig.Grant(job);
        await rig.End(await rig.Submit("task"));

        Assert.Equal(1, runs);
        // Of the other job a slow machine reports the start too
        Assert.Single(rig.Reports, x => x.JobId == job);
    }

    [Fact]
    public async Task Should_go_on_with_the_other_queues()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var runs = new ConcurrentQueue<int>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 2;
            x.Tasks.MapTask("task", (int n) => runs.Enqueue(n));
        }, broker: host.Url);
        rig.Queues.Add("stuck");
        var stuck = new ConcurrentDictionary<Guid, bool>();
        rig.Answer = claim => stuck.ContainsKey(claim.JobId) ? null : "granted";
        for (var n = 0; n < 20; n++)
        {
            var id = Guid.CreateVersion7();
            stuck[id] = true;
            await rig.Submit("task", new { n = -1 }, queue: "stuck", priority: 4, id: id);
        }
        await Eventually.Holds(() => rig.Claims.Select(x => x.JobId).Distinct().Count() == 2);

        for (var n = 0; n < 20; n++)
        {
            await rig.Submit("task", new { n });
        }

        // Long before the claims are given up
        await Eventually.Holds(() => runs.Count == 20, TimeSpan.FromSeconds(15));
        Assert.DoesNotContain(-1, runs);
        stuck.Clear();
        await Eventually.Holds(() => runs.Count == 40, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Should_hand_a_grant_back_whose_slot_has_been_lent()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var go = new TaskCompletionSource();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("task", async () => await go.Task);
        }, broker: host.Url);
        rig.Queues.Add("other");
        rig.Answer = _ => null;
        var late = await rig.Submit("task");
        await Eventually.Holds(() => rig.Services.GetRequiredService<Claims>().Unanswered.Contains("default"), TimeSpan.FromSeconds(60));
        rig.Answer = x => x.JobId == late ? null : "granted";
        var other = await rig.Submit("task", queue: "other");
        await Eventually.Holds(() => rig.Reports.Any(x => x.JobId == other && x.Step == AttemptStep.Started));

        await rig.Grant(late);

        Assert.Equal(AttemptStep.Released, (await rig.End(late)).Step);
        go.SetResult();
        Assert.Equal(AttemptStep.Completed, (await rig.End(other)).Step);
        await Eventually.Holds(() => rig.Services.GetRequiredService<SlotScheduler>().Free == 1);
    }

    /// <summary>
    /// A job that is held back and released at once has a second ticket, which may be here before the answer to the first.
    /// </summary>
    [Fact]
    public async Task Should_claim_again_when_the_refusal_is_older_than_the_ticket()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1), broker: host.Url);
        rig.Answer = _ => null;
        var id = await rig.Submit("task");
        await Eventually.Holds(() => !rig.Claims.IsEmpty);
        rig.Answer = _ => "granted";
        await rig.Ticket(id);
        // The broker delivers in order: when this one has run, the one before it is here
        await rig.End(await rig.Submit("task"));

        await rig.ToWorker(
            rig.WorkerId, new AttemptsGranted { Granted = [], Denied = [new() { JobId = id, Attempt = 1, Reason = "held_back" }] });

        Assert.Equal(AttemptStep.Completed, (await rig.End(id)).Step);
        await Eventually.Holds(() => rig.Services.GetRequiredService<SlotScheduler>().Free == 8);
    }

    [Fact]
    public async Task Should_hand_a_grant_back_that_comes_while_the_worker_stops()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1), broker: host.Url);
        rig.Answer = _ => null;
        var id = await rig.Submit("task");
        await Eventually.Holds(() => !rig.Claims.IsEmpty);

        var stop = rig.Stop();
        await Eventually.Holds(() => rig.Services.GetRequiredService<Claims>().IsClosing);
        await rig.Grant(id);

        Assert.Equal(AttemptStep.Released, (await rig.End(id)).Step);
        await stop;
    }

    [Fact]
    public async Task Should_leave_tickets_of_other_tasks_to_other_workers()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        var runs = 0;
        await using var rig = await WorkerRig.Start(
            x => x.Tasks.MapTask("task", () => { Interlocked.Increment(ref runs); }), broker: host.Url);
        for (var n = 0; n < 50; n++)
        {
            await rig.Submit("other");
            await rig.Submit("task");
        }
        await rig.Submit("task", version: "7.0");

        await Eventually.Holds(() => rig.Reports.Count(x => x.Step == AttemptStep.Completed) == 50);

        Assert.Equal(50, runs);
        Assert.DoesNotContain(rig.Reports, x => x.Step == AttemptStep.Declined);
        await using var connection = await new ConnectionFactory { Uri = new(host.Url) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        Assert.Equal(50u, (await channel.QueueDeclarePassiveAsync(BusAddresses.Tickets("default", "other", null))).MessageCount);
        Assert.Equal(1u, (await channel.QueueDeclarePassiveAsync(BusAddresses.Tickets("default", "task", "7.0"))).MessageCount);
    }

    [Fact]
    public async Task Should_subscribe_again_when_a_broker_queue_was_deleted()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1), broker: host.Url);
        await rig.End(await rig.Submit("task"));
        await using var connection = await new ConnectionFactory { Uri = new(host.Url) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();

        await channel.QueueDeleteAsync(BusAddresses.Tickets("default", "task", null));

        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("task"))).Step);
    }

    [Fact]
    public async Task Should_take_nothing_from_a_paused_queue_and_everything_after()
    {
        await using var host = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1), broker: host.Url);
        rig.Queues.Add("mails");
        await rig.End(await rig.Submit("task", queue: "mails"));
        rig.Paused.Add("mails");
        await rig.Announce();
        await rig.End(await rig.Submit("task"));
        var waiting = await rig.Submit("task", queue: "mails");
        await rig.End(await rig.Submit("task"));
        Assert.DoesNotContain(rig.Claims, x => x.JobId == waiting);

        rig.Paused.Clear();
        await rig.Announce();

        Assert.Equal(AttemptStep.Completed, (await rig.End(waiting)).Step);
    }
}
