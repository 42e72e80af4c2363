using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Tasks;
using JobSystem.Scheduler.Storage;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Scheduler.Tests.Api;

/// <summary>The calls on schedules, on one database.</summary>
public abstract class ScheduleTests(SchedulerHosts hosts)
{
    protected SchedulerHost Host => hosts.Host;

    [Fact]
    public async Task Schedule_WholeLife_IsAsDocumented()
    {
        var created = await Host.Send(HttpMethod.Post, "schedules", """
            {"name":"Daily Report","task_name":"echo","cron_expression":"0 0 * * *","args":["daily"],"kwargs":{"format":"pdf"},"queue_name":"reports","priority":"high",
             "tags":["report","daily"],"metadata":{"department":"accounting"},"max_retries":2,"retry_delay":61,"timeout":600,"version":"1.0","timezone":"Europe/Berlin"}
            """);
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var id = created.Json.GetProperty("id").GetString()!;
        Assert.Equal($"/api/v1/schedules/{id}", created.Headers.Location!.ToString());
        Assert.Equal("active", created.Json.GetProperty("status").GetString());
        Assert.EndsWith("Z", created.Json.GetProperty("next_run_at").GetString(), StringComparison.Ordinal);
        Assert.Equal("fire_once", created.Json.GetProperty("misfire_policy").GetString());

        Assert.Equal(
            "paused", (await Host.Expect(HttpStatusCode.OK, HttpMethod.Post, $"schedules/{id}/pause")).GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}")).GetProperty("next_run_at").ValueKind);
        Assert.Equal(
            "active", (await Host.Expect(HttpStatusCode.OK, HttpMethod.Post, $"schedules/{id}/enable")).GetProperty("status").GetString());

        var changed = await Host.Expect(HttpStatusCode.OK, HttpMethod.Put, $"schedules/{id}", """{"name":"Updated","cron_expression":"0 1 * * *","priority":"low","status":"active"}""");
        Assert.Equal(("Updated", "echo", "low", 0), (changed.GetProperty("name").GetString(), changed.GetProperty("task_name").GetString(), changed.GetProperty("priority").GetString(), changed.GetProperty("tags").GetArrayLength()));

        var next = (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}/next?count=3")).GetProperty("items");
        Assert.Equal(3, next.GetArrayLength());
        await Host.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"schedules/{id}");
        await Host.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"schedules/{id}");
        await Host.Expect(HttpStatusCode.NotFound, HttpMethod.Delete, $"schedules/{id}");
    }

    [Fact]
    public async Task Firing_EachSecond_MakesOneJobOfEachRunAndKnowsItsEnd()
    {
        var id = await Host.Create(
            """{"name":"tick","task_name":"echo","interval":{"seconds":1},"kwargs":{"a":1},"tags":["x"],"priority":"high"}""");
        await Eventually.Holds(async () => (await Host.Jobs(id)).Count(x => x.GetProperty("status").GetString() == "completed") >= 3, TimeSpan.FromSeconds(20));
        var paused = await Host.Expect(HttpStatusCode.OK, HttpMethod.Post, $"schedules/{id}/pause");
        var jobs = await Host.Jobs(id);
        Assert.Equal(jobs.Count, jobs.Select(x => x.GetProperty("scheduled_at").GetString()).Distinct().Count());
        Assert.All(jobs, x => Assert.Equal((id, "high", "admin", "tick"), (x.GetProperty("schedule_id").GetString(), x.GetProperty("priority").GetString(), x.GetProperty("owner").GetString(), x.GetProperty("title").GetString())));
        Assert.Contains(paused.GetProperty("last_job_id").GetString(), jobs.Select(x => x.GetProperty("id").GetString()));
        await Eventually.Holds(async () => (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}")).GetProperty("last_outcome").GetString() == "completed", TimeSpan.FromSeconds(15));
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.Equal(jobs.Count, (await Host.Jobs(id)).Count);
    }

    [Fact]
    public async Task Firing_OneTime_CompletesTheSchedule()
    {
        var at = TimeProvider.System.GetUtcNow().AddSeconds(1).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        var id = await Host.Create($$"""{"name":"once","task_name":"echo","run_at":"{{at}}"}""");
        await Eventually.Holds(async () => (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}")).GetProperty("status").GetString() == "completed", TimeSpan.FromSeconds(15));
        await Eventually.Holds(async () => (await Host.Jobs(id)).Count == 1, TimeSpan.FromSeconds(10));
        await Host.Expect(HttpStatusCode.Conflict, HttpMethod.Post, $"schedules/{id}/resume");
    }

    [Fact]
    public async Task Firing_OverlapSkip_NeverOverlaps()
    {
        var id = await Host.Create(
            """{"name":"long","task_name":"sleep","kwargs":{"seconds":1.5},"interval":{"seconds":1},"overlap_policy":"skip"}""");
        await Eventually.Holds(async () => (await Host.Jobs(id)).Count(x => x.GetProperty("status").GetString() == "completed") >= 2, TimeSpan.FromSeconds(20));
        var jobs = (await Host.Jobs(id)).OrderBy(x => x.GetProperty("created_at").GetString(), StringComparer.Ordinal).ToList();
        await Host.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"schedules/{id}");
        Assert.All(jobs.Zip(jobs.Skip(1)), x => Assert.True(x.First.GetProperty("completed_at").GetDateTimeOffset() <= x.Second.GetProperty("created_at").GetDateTimeOffset()));
    }

    [Fact]
    public async Task Firing_CancelRunning_EndsTheEarlierJob()
    {
        var id = await Host.Create(
            """{"name":"newest","task_name":"sleep","kwargs":{"seconds":60},"interval":{"seconds":2},"overlap_policy":"cancel_running"}""");
        await Eventually.Holds(async () => (await Host.Jobs(id)).Count(x => x.GetProperty("status").GetString() == "cancelled") >= 2, TimeSpan.FromSeconds(30));
        await Host.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"schedules/{id}");
        var jobs = (await Host.Jobs(id)).OrderBy(x => x.GetProperty("scheduled_at").GetString(), StringComparer.Ordinal).ToList();
        Assert.All(jobs.SkipLast(1), x => Assert.Equal("the next run of its schedule is due", x.GetProperty("cancel_reason").GetString()));
        Assert.All(jobs.Zip(jobs.Skip(1)).SkipLast(1), x => Assert.True(x.First.GetProperty("cancel_requested_at").GetDateTimeOffset() >= x.Second.GetProperty("scheduled_at").GetDateTimeOffset()));
        await Host.Expect(HttpStatusCode.OK, HttpMethod.Post, $"jobs/{jobs[^1].GetProperty("id").GetString()}/cancel");
    }

    [Fact]
    public async Task Next_AroundClockChanges_SaysWhatHappens()
    {
        var id = await Host.Create("""{"name":"night","task_name":"echo","cron_expression":"30 2 * 3,10 *","timezone":"Europe/Berlin","start_at":"2027-03-27T12:00:00Z"}""");
        var march = (await Next(id, 2)).ToList();
        Assert.Equal(("2027-03-28T01:00:00Z", "2027-03-28T03:00:00+02:00", "the clock jumps forward here; a run at a time that is left out comes now"), march[0]);
        Assert.Equal(("2027-03-29T00:30:00Z", "2027-03-29T02:30:00+02:00", null), march[1]);

        var october = (await Next(id, 40)).Single(x => x.At == "2027-10-31T00:30:00Z");
        Assert.Equal(("2027-10-31T02:30:00+02:00", "this time comes twice: the clock is put back"), (october.Local, october.Note));
        await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Get, $"schedules/{id}/next?count=101");
        await Host.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"schedules/{id}");

        async Task<IEnumerable<(string? At, string? Local, string? Note)>> Next(string schedule, int count) =>
            (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{schedule}/next?count={count}")).GetProperty("items")
                .EnumerateArray()
                .Select(x => (x.GetProperty("run_at").GetString(), x.GetProperty("local_time").GetString(), x.GetProperty("note").GetString()));
    }

    [Fact]
    public async Task Preview_OfACronExpression_ShowsItsRunsAndMakesNothing()
    {
        var runs = await Host.Expect(
            HttpStatusCode.OK, HttpMethod.Get, "schedules/preview?cron_expression=30%202%20*%20*%20*&timezone=Asia/Kolkata&count=2");
        Assert.Equal("Asia/Kolkata", runs.GetProperty("timezone").GetString());
        Assert.All(runs.GetProperty("items").EnumerateArray(), x => Assert.EndsWith("T02:30:00+05:30", x.GetProperty("local_time").GetString(), StringComparison.Ordinal));
        Assert.Equal(2, runs.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("", "cron_expression", "got nothing")]
    [InlineData("cron_expression=61%20*%20*%20*%20*", "cron_expression", "61")]
    [InlineData("cron_expression=*%20*%20*%20*%20*%20*&timezone=Mars/Phobos", "timezone", "Mars/Phobos")]
    [InlineData("cron_expression=*%20*%20*%20*%20*%20*&timezone=localtime", "timezone", "localtime")]
    [InlineData("cron_expression=@daily&count=101", "count", "101")]
    public async Task Preview_OfWhatCannotBe_NamesTheField(string query, string field, string said)
    {
        var problem = await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Get, $"schedules/preview?{query}");
        Assert.Contains(said, problem.GetProperty("errors").GetProperty(field)[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Now_MakesOneMoreJob()
    {
        var id = await Host.Create("""{"name":"yearly","task_name":"echo","cron_expression":"@yearly","status":"paused"}""");
        var run = await Host.Expect(HttpStatusCode.Accepted, HttpMethod.Post, $"schedules/{id}/run");
        await Eventually.Holds(async () => (await Host.Jobs(id)).Select(x => x.GetProperty("id").GetString()).Contains(run.GetProperty("job_id").GetString()), TimeSpan.FromSeconds(15));
    }

    /// <summary>Stored before such texts were refused.</summary>
    [Fact]
    public async Task Firing_OneThatCannotBeSent_IsRejectedAndItsNeighboursRun()
    {
        var store = Host.Services.GetRequiredService<ScheduleStore>();
        var at = TimeProvider.System.GetUtcNow().AddSeconds(3).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        var ids = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            ids.Add(await Host.Create($$"""{"name":"once","task_name":"echo","kwargs":{"text":"{{new string('ж', 1000)}}"},"run_at":"{{at}}"}"""));
        }
        var bad = ids[5];
        await store.Change(Guid.Parse(bad), (row, _) => row.Kwargs = """{"text":"\ud83d"}""", CancellationToken.None);

        foreach (var id in ids)
        {
            var outcome = id == bad ? "rejected" : "completed";
            await Eventually.Holds(async () => (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}")).GetProperty("last_outcome").GetString() == outcome, TimeSpan.FromSeconds(30));
        }
        var run = await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Post, $"schedules/{bad}/run");
        Assert.Equal("job_unsendable", run.GetProperty("code").GetString());
    }

    [Fact]
    public async Task List_Filters_FindAndPage()
    {
        for (var i = 0; i < 5; i++)
        {
            await Host.Create($$"""{"name":"listed {{i}}","task_name":"echo","cron_expression":"@daily","tags":["listed"],"status":"{{(i == 0 ? "paused" : "active")}}"}""");
        }
        var page = await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, "schedules?tags=listed&limit=2");
        Assert.Equal((5, 2, 3), (page.GetProperty("total").GetInt32(), page.GetProperty("items").GetArrayLength(), page.GetProperty("pages").GetInt32()));
        var second = await Host.Expect(
            HttpStatusCode.OK, HttpMethod.Get, $"schedules?tags=listed&limit=2&cursor={page.GetProperty("next_cursor").GetString()}");
        Assert.Equal("listed 2", second.GetProperty("items")[0].GetProperty("name").GetString());
        Assert.Equal(1, (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, "schedules?tags=listed&status=paused")).GetProperty("total").GetInt32());
        Assert.Equal(1, (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, "schedules?q=LISTED%203")).GetProperty("total").GetInt32());
        await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Get, "schedules?order_by=owner");
        await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Get, "schedules?limit=1001");
    }

    [Theory]
    [InlineData("""{"name":"x","task_name":"echo"}""", "cron_expression", "none of them")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","interval":{"hours":1}}""", "interval", "only one")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"0 0 31 2 *"}""", "cron_expression", "never")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"61 * * * *"}""", "cron_expression", "minute")]
    [InlineData("""{"name":"x","task_name":"echo","interval":{}}""", "interval", "more than 0")]
    [InlineData("""{"name":"x","task_name":"echo","interval":{"seconds":0}}""", "interval", "more than 0")]
    [InlineData("""{"name":"x","task_name":"echo","interval":{"seconds":-1}}""", "interval.seconds", "-1")]
    [InlineData("""{"name":"x","task_name":"echo","interval":{"weeks":1}}""", "interval.weeks", "unknown member")]
    [InlineData("""{"name":"x","task_name":"echo","interval":5}""", "interval", "object")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","timezone":"Mars/Olympus"}""", "timezone", "Mars/Olympus")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","timezone":"../../etc/passwd"}""", "timezone", "IANA")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","timezone":"localtime"}""", "timezone", "localtime")]
    [InlineData("""{"name":"x","task_name":"echo","interval":{"hours":1},"timezone":"right/Europe/Berlin"}""", "timezone", "IANA")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","start_at":"2035-01-02T00:00:00Z","end_at":"2035-01-01T00:00:00Z"}""", "end_at", "start_at")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","end_at":"2020-01-01T00:00:00Z"}""", "end_at", "future")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@yearly","start_at":"2035-01-02T00:00:00Z","end_at":"2035-01-03T00:00:00Z"}""", "cron_expression", "at least one run")]
    [InlineData("""{"name":"x","task_name":"echo","run_at":"2020-01-01T00:00:00Z"}""", "run_at", "has passed")]
    [InlineData("""{"name":"x","task_name":"echo","run_at":"tomorrow"}""", "run_at", "tomorrow")]
    [InlineData("""{"name":"x","task_name":"no_such_task","cron_expression":"@daily"}""", "task_name", "Task not found: no_such_task")]
    [InlineData("""{"name":"x","task_name":"echo","version":"9.9","cron_expression":"@daily"}""", "version", "9.9")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","colour":"red"}""", "colour", "unknown member")]
    [InlineData("""{"task_name":"echo","cron_expression":"@daily"}""", "name", "nothing")]
    [InlineData("""{"name":"x","cron_expression":"@daily"}""", "task_name", "nothing")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","misfire_policy":"maybe"}""", "misfire_policy", "fire_once")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","overlap_policy":"maybe"}""", "overlap_policy", "cancel_running")]
    [InlineData("""{"name":"x","task_name":"echo","interval":{"seconds":10},"jitter":10}""", "jitter", "less than")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","priority":"urgent"}""", "priority", "urgent")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","args":{}}""", "args", "array")]
    [InlineData("""{"name":"x","task_name":"echo","cron_expression":"@daily","status":"completed"}""", "status", "active")]
    [InlineData("[]", "body", "object")]
    [InlineData("""{"name":"x","task_name":"sleep","cron_expression":"@daily","kwargs":{"seconds":"soon"}}""", "kwargs.seconds", "expected a number; got")]
    [InlineData("""{"name":"x","task_name":"sleep","cron_expression":"@daily","args":["soon"],"version":"1.0"}""", "args[0]", "expected a number")]
    [InlineData("""{"name":"x","task_name":"sleep","cron_expression":"@daily"}""", "kwargs.seconds", "expected a number; got nothing")]
    [InlineData("""{"name":"x","task_name":"sleep","cron_expression":"@daily","kwargs":{"seconds":1,"hours":1}}""", "kwargs.hours", "an unknown name")]
    public async Task Create_BadInput_NamesTheFieldAndTheReason(string json, string field, string reason)
    {
        var problem = await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Post, "schedules", json);
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out var messages), problem.ToString());
        Assert.Contains(reason, messages.ToString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(problem.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Update_UnfitArguments_NamesTheFieldAndChangesNothing()
    {
        var id = await Host.Create("""{"name":"rest","task_name":"sleep","kwargs":{"seconds":1},"cron_expression":"@yearly"}""");
        var problem = await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Put, $"schedules/{id}", """{"kwargs":{"seconds":"soon"}}""");
        Assert.Equal("expected a number; got \"soon\"", problem.GetProperty("errors").GetProperty("kwargs.seconds")[0].GetString());
        Assert.StartsWith(
            "Failed to update schedule: kwargs.seconds: expected", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"schedules/{id}")).GetProperty("kwargs").GetProperty("seconds").GetInt32());
    }

    [Fact]
    public async Task Create_WhileWorkersDiffer_IsLeftToThem()
    {
        var task = $"shape.{Guid.CreateVersion7():N}";
        var unfit = $$$"""{"name":"x","task_name":"{{{task}}}","kwargs":{"size":"large"},"cron_expression":"@yearly"}""";
        await Announce("w1", """{"properties":{"size":{"type":"number"}}}""");
        await Host.Expect(HttpStatusCode.BadRequest, HttpMethod.Post, "schedules", unfit);

        await Announce("w2", """{"properties":{"size":{"type":"string"}}}""");
        await Host.Create(unfit);

        Task Announce(string worker, string schema) => Host.Services.GetRequiredService<TaskRegistry>().Announce(
            worker, [new() { Name = task, Version = "1.0", IsAsync = true, Parameters = JsonElement.Parse(schema) }], CancellationToken.None);
    }
}

public sealed class SqliteScheduleTests(SqliteHosts hosts) : ScheduleTests(hosts), IClassFixture<SqliteHosts>
{
    [Fact]
    public async Task Create_BelowTheMinimumInterval_IsRefused()
    {
        await using var host = await SchedulerHost.Start(true, ("JOBSYSTEM_SCHEDULE_MIN_INTERVAL_SECONDS", "60"));
        var problem = await host.Expect(HttpStatusCode.BadRequest, HttpMethod.Post, "schedules", """{"name":"x","task_name":"echo","cron_expression":"0,30 * * * * *"}""");
        Assert.Contains("at least 60 seconds", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await host.Expect(
            HttpStatusCode.BadRequest, HttpMethod.Post, "schedules", """{"name":"x","task_name":"echo","interval":{"seconds":59}}""");
        await host.Expect(
            HttpStatusCode.Created, HttpMethod.Post, "schedules", """{"name":"x","task_name":"echo","interval":{"seconds":60}}""");
    }

    [Fact]
    public async Task Create_TasksUnknownWithoutJobApi_Is503()
    {
        await using var alone = await SchedulerHost.Start(withJobs: false);
        var answer = await alone.Send(HttpMethod.Post, "schedules", """{"name":"x","task_name":"echo","cron_expression":"@daily"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.NotNull(answer.Headers.RetryAfter);
    }
}

/// <summary>On PostgreSQL and RabbitMQ, with two instances that share them.</summary>
public sealed class PostgresScheduleTests(PostgresHosts hosts) : ScheduleTests(hosts), IClassFixture<PostgresHosts>
{
    [Fact]
    public async Task Create_JobApiIsSilent_ArgumentsOfAKnownTaskAreLeftToTheWorkers()
    {
        await using var vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var alone = await SchedulerHost.Start(false, ("JOBSYSTEM_RABBITMQ", vhost.Url));
        const string unfit = """{"name":"x","task_name":"sleep","kwargs":{"seconds":"soon"},"cron_expression":"@yearly"}""";
        await using (await SchedulerHost.Start(true, ("JOBSYSTEM_RABBITMQ", vhost.Url)))
        {
            await alone.Expect(HttpStatusCode.BadRequest, HttpMethod.Post, "schedules", unfit);
        }
        await alone.Create(unfit);
    }

    [Fact]
    public async Task Firing_TwoInstances_NoRunIsDoubledAndAPauseHoldsForBoth()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Host.Create("""{"name":"both","task_name":"echo","interval":{"seconds":1},"misfire_policy":"fire_all"}""")));
        await Task.Delay(TimeSpan.FromSeconds(7));
        foreach (var id in ids)
        {
            await hosts.Other.Expect(HttpStatusCode.OK, HttpMethod.Post, $"schedules/{id}/pause");
            var jobs = await Host.Jobs(id);
            Assert.InRange(jobs.Count, 3, 60);
            Assert.Equal(jobs.Count, jobs.Select(x => x.GetProperty("scheduled_at").GetString()).Distinct().Count());
        }
        var before = await Task.WhenAll(ids.Select(Host.Jobs));
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(before.Select(x => x.Count), (await Task.WhenAll(ids.Select(Host.Jobs))).Select(x => x.Count));
    }
}
