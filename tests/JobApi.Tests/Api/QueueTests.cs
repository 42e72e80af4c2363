using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Storage;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace JobSystem.JobApi.Tests.Api;

/// <summary>Queues over HTTP, with everything in one process.</summary>
public sealed class QueueTests : QueueSteering
{
    protected override Task<JobApiHost> Start(params (string Name, string? Value)[] settings) => JobApiHost.Start(settings);

    public static TheoryData<string, string, string> BadChanges => new()
    {
        { """{"max_concurrency":0}""", "max_concurrency", "expected a whole number from 1 to 100000; got 0" },
        { """{"max_concurrency":1.5}""", "max_concurrency", "expected a whole number from 1 to 100000; got 1.5" },
        { """{"max_concurrency":"3"}""", "max_concurrency", "expected a whole number from 1 to 100000; got \"3\"" },
        { """{"rate_limit":5}""", "rate_limit", "expected an object of limit and period, or null; got 5" },
        { """{"rate_limit":{}}""", "rate_limit.limit", "expected the number of starts in a period; got nothing" },
        { """{"rate_limit":{"limit":5}}""", "rate_limit.period", "expected the length of a period in seconds; got nothing" },
        { """{"rate_limit":{"limit":5,"period":0}}""", "rate_limit.period", "expected a number of seconds greater than 0 and at most 86400; got 0" },
        { """{"rate_limit":{"limit":-1,"period":1}}""", "rate_limit.limit", "expected a whole number from 1 to 1000000; got -1" },
        { """{"rate_limit":{"limit":5,"period":1,"per":2}}""", "rate_limit.per", "unknown member; expected limit, period" },
        { """{"is_paused":true}""", "is_paused", "unknown member; expected description, max_concurrency, rate_limit" },
        { """{"description":7}""", "description", "expected a string of at most 4000 characters without control characters; got 7" },
        { "[]", "body", "expected a JSON object; got an array" },
    };

    [Theory, MemberData(nameof(BadChanges))]
    public async Task Put_BadBody_NamesFieldAndWhatWasExpected(string json, string field, string message)
    {
        await using var host = await Start();

        var reply = await host.Put("queues/mails", json);

        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(message, reply.About(field));
        Assert.Equal(HttpStatusCode.NotFound, (await host.Get("queues/mails")).Status);
    }

    [Fact]
    public async Task Clear_ManyWaitingJobs_HoldUpNoLaterJob()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "1"));
        var sleeper = (await host.Submit("""{"task_name":"sleep","kwargs":{"seconds":600}}""")).GetProperty("id").GetString()!;
        await Eventually.Holds(async () => (await host.Get($"jobs/{sleeper}")).Json.GetProperty("status").GetString() == "running", TimeSpan.FromSeconds(20));
        for (var n = 0; n < 8; n++)
        {
            await host.Batch(1000, """{"task_name":"echo","priority":"critical"}""");
        }
        (await host.Post("queues/default/clear")).Expect(HttpStatusCode.NoContent);
        var next = (await host.Submit("""{"task_name":"echo","priority":"low"}""")).GetProperty("id").GetString()!;
        (await host.Post($"jobs/{sleeper}/cancel")).Expect(HttpStatusCode.OK);
        var ended = (await host.End(sleeper)).GetProperty("completed_at").GetDateTimeOffset();

        Assert.InRange(((await host.End(next)).GetProperty("completed_at").GetDateTimeOffset() - ended).TotalSeconds, 0, 8);
    }

    [Fact]
    public async Task Put_BadName_IsRefused()
    {
        await using var host = await Start();

        var reply = await host.Put("queues/a%20b", "{}");

        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.StartsWith("expected a queue name", reply.About("queue_name"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "queues/nowhere")]
    [InlineData("POST", "queues/nowhere/pause")]
    [InlineData("POST", "queues/nowhere/resume")]
    [InlineData("POST", "queues/nowhere/clear")]
    public async Task AnyCall_UnknownQueue_IsNotFound(string method, string path)
    {
        await using var host = await Start();

        var reply = await host.Send(new(method), path, null);

        reply.Refused(HttpStatusCode.NotFound, "queue_not_found");
        Assert.Equal("Queue not found: nowhere", reply.Detail);
    }

    [Fact]
    public async Task Put_NewQueue_IsCreated_AndOldMembersStay()
    {
        await using var host = await Start();

        (await host.Put("queues/mails", """{"description":"Mail","max_concurrency":5}""")).Expect(HttpStatusCode.Created);
        (await host.Put("queues/mails", """{"rate_limit":{"limit":10,"period":2.5}}""")).Expect(HttpStatusCode.OK);
        (await host.Put("queues/mails", """{"max_concurrency":null}""")).Expect(HttpStatusCode.OK);

        var queue = (await host.Get("queues/mails")).Expect(HttpStatusCode.OK);
        Assert.Equal("Mail", queue.GetProperty("description").GetString());
        Assert.Equal(JsonValueKind.Null, queue.GetProperty("limits").GetProperty("max_concurrency").ValueKind);
        Assert.Equal("""{"limit":10,"period":2.5}""", queue.GetProperty("limits").GetProperty("rate_limit").GetRawText());
        Assert.False(queue.GetProperty("is_paused").GetBoolean());
    }

    [Fact]
    public async Task List_Queues_HaveTheirCounts()
    {
        await using var host = await Start();
        await host.Submit("""{"task_name":"echo","queue_name":"idle"}""");
        await host.Submit("""{"task_name":"echo","queue_name":"idle"}""");
        await host.Submit("""{"task_name":"echo","queue_name":"idle","delay":3600}""");
        var sleeper = (await host.Submit("""{"task_name":"sleep","kwargs":{"seconds":60}}""")).GetProperty("id").GetString()!;
        await Eventually.Holds(async () => (await host.Get("queues/default")).Json.GetProperty("running").GetInt32() == 1, TimeSpan.FromSeconds(20));

        var list = (await host.Get("queues")).Expect(HttpStatusCode.OK);

        Assert.Equal(2, list.GetProperty("total").GetInt32());
        Assert.Equal(["default", "idle"], list.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("name").GetString()));
        var idle = list.GetProperty("items")[1];
        Assert.Equal((2, 1, 0, 0), (idle.GetProperty("size").GetInt32(), idle.GetProperty("scheduled").GetInt32(), idle.GetProperty("running").GetInt32(), idle.GetProperty("workers").GetInt32()));
        Assert.InRange(idle.GetProperty("oldest_age").GetDouble(), 0, 60);
        Assert.Equal(1, list.GetProperty("items")[0].GetProperty("workers").GetInt32());
        (await host.Post($"jobs/{sleeper}/cancel")).Expect(HttpStatusCode.OK);
    }
}

/// <summary>The same over RabbitMQ and PostgreSQL.</summary>
public sealed class RabbitQueueTests : QueueSteering
{
    protected override Task<JobApiHost> Start(params (string Name, string? Value)[] settings) => JobApiHost.StartOnServers(settings);

    [Fact]
    public async Task Clear_ManyJobs_WhatComesNextDoesNotWait()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "2"));
        await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!);
        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);
        for (var n = 0; n < 3; n++)
        {
            await host.Batch(1000, """{"task_name":"echo","priority":"critical"}""");
        }
        (await host.Post("queues/default/clear")).Expect(HttpStatusCode.NoContent);
        (await host.Post("queues/default/resume")).Expect(HttpStatusCode.NoContent);

        var next = await host.End((await host.Submit("""{"task_name":"echo","priority":"low"}""")).GetProperty("id").GetString()!);

        Assert.Equal("completed", next.GetProperty("status").GetString());
        Assert.InRange((next.GetProperty("completed_at").GetDateTimeOffset() - next.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds, 0, 8);
    }

    /// <summary>A claim passes over a row that another statement has locked, for example one that clears its timer.</summary>
    [Fact]
    public async Task Resume_AJobIsLockedAtThatMoment_ItRunsSoonAfter()
    {
        // So seldom are all jobs looked for that it does not count
        await using var host = await Start(("JOBSYSTEM_SCAN_SECONDS", "60"));
        await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!);
        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);
        var id = (await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!;
        await using var locking = await host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using var block = new NpgsqlCommand($"begin; select from jobs where id = '{id}' for update", locking);
        await block.ExecuteNonQueryAsync();

        (await host.Post("queues/default/resume")).Expect(HttpStatusCode.NoContent);
        await Task.Delay(300);
        await using var release = new NpgsqlCommand("rollback", locking);
        await release.ExecuteNonQueryAsync();

        var end = await host.End(id);
        Assert.InRange((end.GetProperty("completed_at").GetDateTimeOffset() - end.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds, 0.3, 20);
    }

    [Theory]
    [InlineData("lock table jobs in share mode")]
    [InlineData("select from jobs for update")]
    public async Task Pause_WhileCommitsTakeLong_NothingStartsAfterTheAnswer(string obstacle)
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "4"));
        await using var other = await host.Another();
        var ids = (await host.Batch(150, """{"task_name":"sleep","kwargs":{"seconds":0.05}}""")).ToList();
        await Eventually.Holds(async () => (await host.Get("jobs?status=completed")).Json.GetProperty("total").GetInt32() > 4, TimeSpan.FromSeconds(20));
        var blocking = await host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        await using (var block = new NpgsqlCommand($"begin; {obstacle}", blocking))
        {
            await block.ExecuteNonQueryAsync();
        }

        var pause = other.Post("queues/default/pause");
        await Task.Delay(1500);
        await using (var release = new NpgsqlCommand("rollback", blocking))
        {
            await release.ExecuteNonQueryAsync();
        }
        await blocking.DisposeAsync();
        (await pause).Expect(HttpStatusCode.NoContent);
        var paused = TimeProvider.System.GetUtcNow();

        // What had started ends within this time, and what had not would have started
        await Task.Delay(1500);
        var starts = new List<DateTimeOffset>();
        foreach (var id in ids)
        {
            var started = (await host.Get($"jobs/{id}")).Json.GetProperty("started_at");
            starts.AddRange(started.ValueKind == JsonValueKind.Null ? [] : [started.GetDateTimeOffset()]);
        }
        Assert.InRange(starts.Count, 5, ids.Count - 1);
        Assert.InRange(starts.Max(), starts.Min(), paused);
    }
}

/// <summary>What holds on any transport and database.</summary>
public abstract class QueueSteering
{
    protected abstract Task<JobApiHost> Start(params (string Name, string? Value)[] settings);

    [Fact]
    public async Task Pause_NothingStarts_UntilResumed_ThenByPriority()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "1"));
        await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!);
        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);

        var ids = new List<string>();
        foreach (var priority in (string[])["low", "normal", "critical", "high", "low", "critical"])
        {
            ids.Add((await host.Submit($$"""{"task_name":"echo","priority":"{{priority}}"}""")).GetProperty("id").GetString()!);
        }
        await Task.Delay(1500);
        foreach (var id in ids)
        {
            Assert.Equal("pending", (await host.Get($"jobs/{id}")).Json.GetProperty("status").GetString());
        }

        (await host.Post("queues/default/resume")).Expect(HttpStatusCode.NoContent);
        var ends = await Task.WhenAll(ids.Select(host.End));
        var order = ids.Zip(ends).OrderBy(x => x.Second.GetProperty("started_at").GetDateTimeOffset()).Select(x => ids.IndexOf(x.First));
        Assert.Equal([2, 5, 3, 1, 0, 4], order);
    }

    /// <summary>Queues with limits are asked by themselves: they come between the others by priority and age.</summary>
    [Fact]
    public async Task Limits_ABacklogElsewhere_LeavesRoomByPriority()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "1"), ("JOBSYSTEM_QUEUES", "default,narrow,slow"));
        (await host.Put("queues/narrow", """{"max_concurrency":50}""")).Expect(HttpStatusCode.Created);
        (await host.Put("queues/slow", """{"rate_limit":{"limit":1000,"period":1}}""")).Expect(HttpStatusCode.Created);
        var backlog = (await host.Batch(150, """{"task_name":"sleep","kwargs":{"seconds":0.03}}""")).ToList();
        var ids = new List<string>();
        foreach (var queue in (string[])["narrow", "slow"])
        {
            ids.AddRange(await host.Batch(5, $$"""{"task_name":"echo","queue_name":"{{queue}}","priority":"critical"}"""));
        }

        await Task.WhenAll(ids.Select(host.End));

        Assert.Contains("pending", (await host.Get($"jobs/{backlog[^1]}")).Text, StringComparison.Ordinal);
        Assert.Equal("completed", (await host.End(backlog[^1])).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Pause_RunningJob_GoesOn()
    {
        await using var host = await Start();
        var id = (await host.Submit("""{"task_name":"sleep","kwargs":{"seconds":1.5}}""")).GetProperty("id").GetString()!;
        await Eventually.Holds(async () => (await host.Get($"jobs/{id}")).Json.GetProperty("status").GetString() == "running", TimeSpan.FromSeconds(20));

        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);

        Assert.Equal("completed", (await host.End(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Pause_JobThatExpiresMeanwhile_Expires()
    {
        await using var host = await Start();
        await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!);
        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);

        var id = (await host.Submit("""{"task_name":"echo","expires_in":1}""")).GetProperty("id").GetString()!;

        Assert.Equal("expired", (await host.End(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task MaxConcurrency_IsNeverExceeded_AndFullyUsed()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "8"));
        await host.Put("queues/default", """{"max_concurrency":3}""");
        var ids = (await host.Batch(18, """{"task_name":"sleep","kwargs":{"seconds":0.3}}""")).ToList();

        var ends = await Task.WhenAll(ids.Select(host.End));

        var runs = ends.Select(x => (From: x.GetProperty("started_at").GetDateTimeOffset(), To: x.GetProperty("completed_at").GetDateTimeOffset())).ToList();
        Assert.Equal(3, runs.Max(at => runs.Count(x => x.From <= at.From && at.From < x.To)));
        // Six rounds of 0.3 s when all three are used all the time
        Assert.InRange((runs.Max(x => x.To) - runs.Min(x => x.From)).TotalSeconds, 1.7, 4);
    }

    [Fact]
    public async Task RateLimit_IsHeld_AndFullyUsed()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "16"));
        await host.Put("queues/default", """{"rate_limit":{"limit":20,"period":1}}""");
        var ids = (await host.Batch(64, """{"task_name":"echo"}""")).ToList();

        var ends = await Task.WhenAll(ids.Select(host.End));

        var starts = ends.Select(x => x.GetProperty("started_at").GetDateTimeOffset()).Order().ToList();
        // 20 and the 4 that were saved up; starts are a little later than the claims that the limit counts, on a busy machine a few more of them together
        Assert.InRange(starts.Max(from => starts.Count(x => x >= from && x < from.AddSeconds(1))), 1, 30);
        Assert.InRange((starts[^1] - starts[0]).TotalSeconds, 2.8, 6);
    }

    [Fact]
    public async Task Limit_TakenAway_LetsEverythingIn()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "8"));
        await host.Put("queues/default", """{"rate_limit":{"limit":1,"period":3600}}""");
        var ids = (await host.Batch(8, """{"task_name":"echo"}""")).ToList();
        await Eventually.Holds(async () => (await host.Get("jobs?status=completed")).Json.GetProperty("total").GetInt32() == 1, TimeSpan.FromSeconds(20));

        await host.Put("queues/default", """{"rate_limit":null}""");

        Assert.All(await Task.WhenAll(ids.Select(host.End)), x => Assert.Equal("completed", x.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Clear_EveryWaitingJob_IsCancelledWithAReason()
    {
        await using var host = await Start();
        await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!);
        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);
        var ids = (await host.Batch(300, """{"task_name":"echo"}""")).ToList();

        (await host.Post("queues/default/clear")).Expect(HttpStatusCode.NoContent);
        (await host.Post("queues/default/resume")).Expect(HttpStatusCode.NoContent);

        var job = await host.End(ids[7]);
        Assert.Equal("cancelled", job.GetProperty("status").GetString());
        Assert.Equal("The queue was cleared.", job.GetProperty("cancel_reason").GetString());
        Assert.Equal(300, (await host.Get("jobs?status=cancelled")).Json.GetProperty("total").GetInt32());
        var steps = (await host.Get($"jobs/{ids[7]}/events")).Json.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("event").GetString());
        Assert.Equal(["created", "cancelled"], steps);
        // The queue goes on, and nothing of what was cleared starts
        Assert.Equal("completed", (await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!)).GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, (await host.Get($"jobs/{ids[7]}")).Json.GetProperty("started_at").ValueKind);
    }
}
