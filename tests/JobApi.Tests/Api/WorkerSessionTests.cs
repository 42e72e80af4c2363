using System.Diagnostics;
using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Access;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Api;

/// <summary>The protocol of workers over HTTP, spoken with plain requests. Two hosts where there are two: a worker's requests go to both by turns.</summary>
public abstract class WorkerSessionTests
{
    /// <summary>The hosts; the last setting wins.</summary>
    protected abstract Task<Hosts> Start(params (string Name, string? Value)[] settings);

    [Fact]
    public async Task Worker_JobOfItsTask_RunsItFromClaimToResult()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var job = await hosts.Submit("""{"task_name":"make","args":[1],"kwargs":{"order":7},"metadata":{"from":"shop"},"priority":"high"}""");

        var attempt = await worker.ClaimOne();

        Assert.Equal((job, 1, "make", "high", "admin"), (attempt.Text("job_id"), attempt.Whole("attempt"), attempt.Text("task_name"), attempt.Text("priority"), attempt.Text("owner")));
        Assert.Equal("""[1] {"order":7} {"from":"shop"}""", $"{attempt.GetProperty("args")} {attempt.GetProperty("kwargs")} {attempt.GetProperty("metadata")}");
        Assert.InRange((attempt.GetProperty("lease_until").GetDateTimeOffset() - attempt.GetProperty("granted_at").GetDateTimeOffset()).TotalSeconds, 0.1, 10);
        await worker.Report(attempt, "started");
        Assert.Equal("running", (await hosts.Job(job)).Text("status"));
        await worker.Report(attempt, "progress", """
            "progress":40,"message":"half","logs":[{"message":"one","line":1,"level":"warning"}]
            """);
        Assert.Equal((40, "half"), ((int)(await hosts.Job(job)).GetProperty("progress").GetDouble(), (await hosts.Job(job)).Text("progress_message")));
        await worker.Report(attempt, "completed", """
            "result":{"number":"2030-17"},"logs":[{"message":"two","line":2,"fields":{"values":{"n":1}}}]
            """);

        var ended = await hosts.End(job);
        Assert.Equal(("completed", """{"number":"2030-17"}""", worker.Id), (ended.Text("status"), ended.GetProperty("result").GetRawText(), ended.Text("worker_id")));
        var lines = (await hosts.First.Get($"jobs/{job}/logs")).Json.GetProperty("items").EnumerateArray().Select(x => $"{x.Text("level")} {x.Text("message")}");
        Assert.Equal(["warning one", "information two"], lines);
    }

    [Fact]
    public async Task Claim_NothingWaits_IsAnsweredWhenAJobArrives()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var claim = worker.Claim(3, wait: 20);
        await Task.Delay(500);
        Assert.False(claim.IsCompleted);

        var job = await hosts.Submit("""{"task_name":"make"}""");

        Assert.Equal([job], (await claim.WaitAsync(TimeSpan.FromSeconds(5))).Select(x => x.Text("job_id")));
        Assert.Empty(await worker.Claim(3, wait: 0));
    }

    /// <summary>What another instance has just stored is known a few milliseconds later.</summary>
    protected virtual bool KnowsAllJobsAtOnce => true;

    [Fact]
    public async Task Claim_ManyJobsWait_TakesSoManyAtOnceInTheirOrder()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        await hosts.First.Batch(4, """{"task_name":"make","priority":"low"}""");
        var urgent = await hosts.Submit("""{"task_name":"make","priority":"critical"}""");

        var first = await worker.Claim(3);

        var second = await worker.Claim(10);
        Assert.Equal((3, 2), (first.Count, second.Count));
        Assert.True(!KnowsAllJobsAtOnce || first[0].Text("job_id") == urgent);
    }

    [Fact]
    public async Task Claim_GivenUpByItsWorker_TakesNothing()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var request = Task.CompletedTask;
        using (var impatient = new CancellationTokenSource())
        {
            request = worker.Send("claims", """{"count":10}""", impatient.Token);
            await Task.Delay(500);
            await impatient.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        }
        var job = await hosts.Submit("""{"task_name":"make"}""");

        var attempt = await worker.ClaimOne();

        Assert.Equal(job, attempt.Text("job_id"));
        // The host may notice only then that the first request was given up
        Assert.InRange(attempt.Whole("attempt"), 1, 2);
    }

    [Fact]
    public async Task Report_WrongSecretOrEndedAttempt_ChangesNothing()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var job = await hosts.Submit("""{"task_name":"make"}""");
        var attempt = await worker.ClaimOne();

        Assert.Equal(["wrong_secret"], await worker.Refused(attempt, "completed", """ "result":1 """, secret: "AAAAAAAAAAAAAAAAAAAAAA"));
        Assert.Equal("reserved", (await hosts.Job(job)).Text("status"));
        Assert.Empty(await worker.Refused(attempt, "completed", """ "result":2 """));
        Assert.Equal(["stale_attempt"], await worker.Refused(attempt, "completed", """ "result":3 """));
        Assert.Equal(2, (await hosts.End(job)).Whole("result"));
    }

    [Theory]
    [InlineData("failed", """ "error":{"type":"Busy","message":"not now"},"retry_after":3600 """, "retrying", 1)]
    [InlineData("failed", """ "error":{"type":"Wrong","message":"never"},"retryable":false """, "failed", 0)]
    [InlineData("timed_out", """ "error":{"type":"timeout","message":"too long"} """, "retrying", 1)]
    [InlineData("snoozed", """ "retry_after":3600 """, "pending", 0)]
    [InlineData("released", "", "pending", 0)]
    public async Task Report_OtherEnds_DoWhatTheySay(string step, string more, string status, int retries)
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var job = await hosts.Submit("""{"task_name":"make","retry_delay":3600}""");

        await worker.Report(await worker.ClaimOne(), step, more);

        var view = await hosts.Job(job);
        Assert.Equal((status, retries), (view.Text("status"), view.Whole("retry_count")));
    }

    [Fact]
    public async Task Heartbeat_KeepsItsAttempts_AndTellsOfLostOnes()
    {
        await using var hosts = await Start(("JOBSYSTEM_LEASE_SECONDS", "2"));
        var (worker, job, attempt) = await hosts.StartAttempt();
        for (var beats = 0; beats < 12; beats++)
        {
            Assert.Empty((await worker.Heartbeat([attempt])).GetProperty("lost").EnumerateArray());
            await Task.Delay(300);
        }
        Assert.Equal(("running", 1), ((await hosts.Job(job)).Text("status"), (await hosts.Job(job)).Whole("attempt")));

        var other = await hosts.Connect("make");
        var second = await other.ClaimOne(wait: 20);

        Assert.Equal((job, 2), (second.Text("job_id"), second.Whole("attempt")));
        var lost = (await worker.Heartbeat([attempt])).GetProperty("lost").EnumerateArray().Single();
        Assert.Equal((job, 1), (lost.Text("job_id"), lost.Whole("attempt")));
        Assert.Equal(["stale_attempt"], await worker.Refused(attempt, "completed", """ "result":"late" """));
        await other.Report(second, "started");
        await other.Report(second, "completed", """ "result":"mine" """);
        Assert.Equal("mine", (await hosts.End(job)).Text("result"));
    }

    [Fact]
    public async Task Heartbeat_ThatWaits_IsAnsweredWhenAJobIsCancelled()
    {
        await using var hosts = await Start();
        var (worker, job, attempt) = await hosts.StartAttempt();
        var heartbeat = worker.Heartbeat([attempt], wait: 20);
        await Task.Delay(500);
        Assert.False(heartbeat.IsCompleted);

        (await hosts.First.Post($"jobs/{job}/cancel", """{"reason":"changed my mind"}""")).Expect(HttpStatusCode.OK);

        var cancel = (await heartbeat.WaitAsync(TimeSpan.FromSeconds(5))).GetProperty("cancel").EnumerateArray().Single();
        Assert.Equal((job, 1, "changed my mind"), (cancel.Text("job_id"), cancel.Whole("attempt"), cancel.Text("reason")));
        await worker.Report(attempt, "cancelled");
        Assert.Equal("cancelled", (await hosts.End(job)).Text("status"));
    }

    [Fact]
    public async Task Heartbeat_AfterACancelThatNobodyHeard_TellsOfIt()
    {
        await using var hosts = await Start();
        var (worker, job, attempt) = await hosts.StartAttempt();
        (await hosts.First.Post($"jobs/{job}/cancel")).Expect(HttpStatusCode.OK);

        Assert.Equal(job, (await worker.Heartbeat([attempt])).GetProperty("cancel").EnumerateArray().Single().Text("job_id"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Heartbeat_OfAnAttemptThatIsToStop_IsAnsweredAtOnceOnlyTheFirstTime(bool isLost)
    {
        await using var hosts = await Start();
        var (worker, job, attempt) = await hosts.StartAttempt();
        if (isLost)
        {
            await worker.Report(attempt, "completed");
        }
        else
        {
            (await hosts.First.Post($"jobs/{job}/cancel")).Expect(HttpStatusCode.OK);
        }
        // Each host tells once without waiting
        await worker.Heartbeat([attempt], wait: 20).WaitAsync(TimeSpan.FromSeconds(10));
        await worker.Heartbeat([attempt], wait: 1);
        var began = Stopwatch.GetTimestamp();

        var news = await worker.Heartbeat([attempt], wait: 2);

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 1.9, 20);
        Assert.Equal(job, news.GetProperty(isLost ? "lost" : "cancel").EnumerateArray().Single().Text("job_id"));
    }

    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.Conflict)]
    public async Task Command_ToTheWorker_IsAnsweredByItsNextHeartbeat(bool accepted, HttpStatusCode status)
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var heartbeat = worker.Heartbeat([], wait: 20);
        var asked = hosts.First.Post($"workers/{Uri.EscapeDataString(worker.Id)}/pause", """{"timeout":20}""");

        var command = (await heartbeat.WaitAsync(TimeSpan.FromSeconds(5))).GetProperty("commands").EnumerateArray().First();
        Assert.Equal("pause", command.Text("command"));
        await worker.Heartbeat([], outcomes: $$"""{"id":"{{command.Text("id")}}","accepted":{{(accepted ? "true" : "false")}},"message":"as you like"}""", status: "paused");

        var answer = await asked;
        Assert.Equal(status, answer.Status);
        Assert.Contains("as you like", answer.Text, StringComparison.Ordinal);
        Assert.Equal("paused", (await hosts.First.Get($"workers/{Uri.EscapeDataString(worker.Id)}")).Json.Text("status"));
    }

    [Fact]
    public async Task Broadcast_ReachesTheWorker()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        await worker.Heartbeat([]);
        var job = await hosts.Submit("""{"task_name":"make","broadcast":true}""");

        var attempt = await worker.ClaimOne(wait: 10);
        await worker.Report(attempt, "completed", """ "result":1 """);

        await Eventually.Holds(async () => (await hosts.Job(job)).Text("status") == "completed", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Drain_TakesNothingMore_AndTheEndRemovesTheWorker()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        await worker.Heartbeat([]);
        Assert.Equal("running", (await hosts.First.Get($"workers/{worker.Id}")).Json.Text("status"));
        await worker.Heartbeat([], status: "draining");
        await hosts.Submit("""{"task_name":"make"}""");

        await Eventually.Holds(async () => (await worker.Claim(1, wait: 0.2)).Count == 0);
        (await worker.End()).Expect(HttpStatusCode.NoContent);

        Assert.Equal(HttpStatusCode.NotFound, (await hosts.First.Get($"workers/{worker.Id}")).Status);
        await Eventually.Holds(async () => (await worker.Send("claims", """{"count":1,"wait":0}""")).Status == HttpStatusCode.NotFound, TimeSpan.FromSeconds(5));
        (await worker.Send("claims", """{"count":1}""")).Refused(HttpStatusCode.NotFound, "session_not_found");
    }

    [Fact]
    public async Task Session_NotOnesOwnOrWithoutPermission_IsRefused()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        const string Session = """{"name":"w","slots":1,"tasks":[{"name":"make"},{"name":"other"}],"queues":["mails"]}""";
        var plain = await hosts.Key("""{"name":"plain","permissions":["manage_jobs"]}""");
        var limited = await hosts.Key("""{"name":"limited","permissions":["run_jobs"],"queues":["invoices"],"tasks":["make"]}""");

        (await hosts.First.As(plain, HttpMethod.Post, "worker-sessions", Session)).Refused(HttpStatusCode.Forbidden, "forbidden");
        var tasks = (await hosts.First.As(limited, HttpMethod.Post, "worker-sessions", Session)).Refused(HttpStatusCode.Forbidden, "forbidden");
        var queues = (await hosts.First.As(limited, HttpMethod.Post, "worker-sessions", """{"name":"w","slots":1,"tasks":[{"name":"make"}],"queues":["mails"]}"""))
            .Refused(HttpStatusCode.Forbidden, "forbidden");
        var own = (await hosts.First.As(limited, HttpMethod.Post, "worker-sessions", """{"name":"w","slots":1,"tasks":[{"name":"make"}]}""")).Expect(HttpStatusCode.Created);
        (await hosts.First.As(limited, HttpMethod.Post, $"worker-sessions/{worker.Id}/claims", """{"count":1}""")).Refused(HttpStatusCode.NotFound, "session_not_found");

        Assert.Equal("The API key may not run the tasks other; it may run make.", tasks.Text("detail"));
        Assert.Equal("The API key may not run jobs of the queues mails; it may run those of invoices.", queues.Text("detail"));
        Assert.Equal("invoices", own.GetProperty("queues").EnumerateArray().Single().GetString());
        var foreign = await hosts.Submit("""{"task_name":"make","queue_name":"mails"}""");
        var claimed = await hosts.First.As(limited, HttpMethod.Post, $"worker-sessions/{own.Text("id")}/claims", """{"count":1,"wait":1}""");
        Assert.Empty(claimed.Expect(HttpStatusCode.OK).GetProperty("attempts").EnumerateArray());
        Assert.Equal("pending", (await hosts.Job(foreign)).Text("status"));
    }

    [Fact]
    public async Task Claim_KeyIsRevokedWhileItWaits_TakesNothing()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var issued = (await hosts.First.Post("api-keys", """{"name":"gone","permissions":["run_jobs"]}""")).Expect(HttpStatusCode.Created);
        var key = Callers.Key(issued.Text("key"));
        var session = (await hosts.First.As(key, HttpMethod.Post, "worker-sessions", """{"name":"w","slots":1,"tasks":[{"name":"make"}]}""")).Expect(HttpStatusCode.Created);
        var claim = hosts.First.As(key, HttpMethod.Post, $"worker-sessions/{session.Text("id")}/claims", """{"count":1,"wait":20}""");
        await Task.Delay(500);
        (await hosts.First.Send(HttpMethod.Delete, $"api-keys/{issued.Text("id")}", null)).Expect(HttpStatusCode.NoContent);
        await Task.Delay(2500);

        var job = await hosts.Submit("""{"task_name":"make"}""");

        (await claim.WaitAsync(TimeSpan.FromSeconds(5))).Refused(HttpStatusCode.Unauthorized, "unauthorized");
        Assert.Equal(job, (await worker.ClaimOne()).Text("job_id"));
    }

    [Fact]
    public async Task Report_FollowUps_AreInsertedWithTheEndOnceAndRun()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var parent = await hosts.Submit("""{"task_name":"make","job_id":"first-1","tags":["a"],"idempotency_key":"k-1"}""");
        var attempt = await worker.ClaimOne();
        const string FollowUps = """
            "follow_ups":[
                {"task_name":"make","kwargs":{"n":1},"priority":"high"},
                {"task_name":"make","queue_name":"later","delay":3600,"job_id":"second-1","tags":["b"]},
                {"task_name":"make","queue_name":"idle","idempotency_key":"k-1"}
            ],"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            """;

        await worker.Report(attempt, "completed", FollowUps);
        Assert.Equal(["stale_attempt"], await worker.Refused(attempt, "completed", FollowUps));

        var items = (await hosts.First.Get($"jobs?parent_id={parent}")).Json.GetProperty("items").EnumerateArray().ToList();
        var first = await hosts.Job(Contracts.FollowUpJobs.IdOf(attempt.GetProperty("job_id").GetGuid(), 1, 0).ToString());
        Assert.Equal(new[] { first.Text("id"), "second-1" }.Order(), items.Select(x => x.Text("id")).Order());
        Assert.Equal(("admin", "first-1", "high", "default", 3), (first.Text("owner"), first.Text("parent_id"), first.Text("priority"), first.Text("queue_name"), first.Whole("max_retries")));
        Assert.Equal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", await hosts.TraceOf(first.Text("id")));
        var second = await hosts.Job("second-1");
        Assert.Equal(("pending", "later"), (second.Text("status"), second.Text("queue_name")));
        Assert.InRange((second.GetProperty("scheduled_at").GetDateTimeOffset() - second.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds, 3599, 3601);

        var next = await worker.ClaimOne();
        Assert.Equal((first.Text("id"), "first-1"), (next.Text("job_id"), next.Text("parent_id")));
        await worker.Report(next, "completed");
        Assert.Equal("completed", (await hosts.End(first.Text("id"))).Text("status"));
        Assert.Equal(["created", "reserved", "running", "completed"], (await hosts.First.Get($"jobs/{first.Text("id")}/events")).Json.GetProperty("items").EnumerateArray().Select(x => x.Text("event")));
    }

    [Theory]
    [InlineData("failed", """ "error":{"type":"Busy","message":"not now"},"retry_after":3600 """)]
    [InlineData("timed_out", """ "error":{"type":"timeout","message":"too long"} """)]
    [InlineData("snoozed", """ "retry_after":3600 """)]
    [InlineData("cancelled", """ "message":"asked to" """)]
    [InlineData("released", """ "message":"not here" """)]
    [InlineData("progress", """ "progress":50 """)]
    public async Task Report_FollowUpsOfAnythingButTheCompletion_AreDropped(string step, string more)
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        var job = await hosts.Submit("""{"task_name":"make","retry_delay":3600}""");

        await worker.Report(await worker.ClaimOne(), step, $$"""{{more}},"follow_ups":[{"task_name":"make"}]""");

        Assert.Empty((await hosts.First.Get($"jobs?parent_id={job}")).Json.GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"task_name":"nowhere"}""", "follow_ups[1].task_name: Task not found: nowhere")]
    [InlineData("""{"task_name":"strict","kwargs":{"order":"seven"}}""", "follow_ups[1].kwargs.order: expected an integer; got \"seven\"")]
    [InlineData("""{"task_name":"make","priority":"urgent"}""", "follow_ups[1].priority: expected one of critical, high, normal, low; got \"urgent\"")]
    [InlineData("""{"task_name":"make","wait_timeout":1}""", "follow_ups[1].wait_timeout: unknown member")]
    [InlineData("""{"task_name":"make","job_id":"of-somebody-else"}""", "follow_ups[1].job_id: expected an id that is not in use; got \"of-somebody-else\", which is taken")]
    public async Task Report_FollowUpThatIsRefused_FailsTheAttemptAndInsertsNone(string followUp, string message)
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        (await hosts.First.Post("worker-sessions", """
            {"name":"strict","slots":1,"tasks":[{"name":"strict","parameters":{"type":"object","properties":{"order":{"type":"integer"}}}}]}
            """)).Expect(HttpStatusCode.Created);
        await hosts.Knows("strict");
        var other = await hosts.Key("""{"name":"other"}""");
        (await hosts.First.As(other, HttpMethod.Post, "jobs", """{"task_name":"make","job_id":"of-somebody-else","delay":3600}""")).Expect(HttpStatusCode.Created);
        var job = await hosts.Submit("""{"task_name":"make","retry_delay":0}""");

        await worker.Report(await worker.ClaimOne(), "completed", $$"""
            "result":1,"follow_ups":[{"task_name":"make"},{{followUp}}],"logs":[{"message":"kept"}]
            """);

        var failed = await hosts.Job(job);
        Assert.Equal(("follow_up_refused", 1, JsonValueKind.Null), (failed.GetProperty("error").Text("type"), failed.Whole("retry_count"), failed.GetProperty("result").ValueKind));
        Assert.StartsWith(message, failed.GetProperty("error").Text("message"), StringComparison.Ordinal);
        Assert.Empty((await hosts.First.Get($"jobs?parent_id={job}")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal("kept", (await hosts.First.Get($"jobs/{job}/logs")).Json.GetProperty("items").EnumerateArray().Single().Text("message"));
        var again = await worker.ClaimOne();
        Assert.Equal((job, 2), (again.Text("job_id"), again.Whole("attempt")));
        await worker.Report(again, "completed", """ "follow_ups":[{"task_name":"make"}] """);
        Assert.Single((await hosts.First.Get($"jobs?parent_id={job}")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Report_FollowUpsOfAnAttemptThatLostItsLeaseOrItsJob_AreNotInserted()
    {
        await using var hosts = await Start();
        var (worker, job, attempt) = await hosts.StartAttempt();
        (await hosts.First.Post($"jobs/{job}/force-complete", "{}")).Expect(HttpStatusCode.OK);

        Assert.Equal(["stale_attempt"], await worker.Refused(attempt, "completed", """ "follow_ups":[{"task_name":"make"}] """));
        Assert.Equal(["wrong_secret"], await worker.Refused(attempt, "completed", """ "follow_ups":[{"task_name":"make"}] """, secret: "AAAAAAAAAAAAAAAAAAAAAA"));

        Assert.Empty((await hosts.First.Get($"jobs?parent_id={job}")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Enqueue_OfARunningAttempt_IsThereOnceAndAtOnce()
    {
        await using var hosts = await Start();
        var (worker, parent, attempt) = await hosts.StartAttempt();
        const string Next = """
            {"task_name":"make","queue_name":"idle","kwargs":{"n":1},"idempotency_key":"next-1"},"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            """;

        var first = await worker.Enqueue(attempt, Next);
        var again = await worker.Enqueue(attempt, Next);
        var other = await worker.Enqueue(attempt, """{"task_name":"make","queue_name":"idle","job_id":"second-1"}""");

        Assert.Equal((false, true), (first.Expect(HttpStatusCode.OK).GetProperty("duplicate").GetBoolean(), again.Expect(HttpStatusCode.OK).GetProperty("duplicate").GetBoolean()));
        Assert.Equal(first.Json.Text("job_id"), again.Json.Text("job_id"));
        Assert.Equal("second-1", other.Expect(HttpStatusCode.OK).Text("job_id"));
        var job = await hosts.Job(first.Json.Text("job_id"));
        Assert.Equal(("pending", "admin", parent, "idle", "next-1"), (job.Text("status"), job.Text("owner"), job.Text("parent_id"), job.Text("queue_name"), job.Text("idempotency_key")));
        Assert.Equal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", await hosts.TraceOf(job.Text("id")));
        // Whatever becomes of the attempt
        await worker.Report(attempt, "failed", """ "error":{"type":"Broken","message":"no"},"retryable":false """);
        Assert.Equal("failed", (await hosts.End(parent)).Text("status"));
        Assert.Equal(2, (await hosts.First.Get($"jobs?parent_id={parent}")).Json.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"task_name":"nowhere"}""", HttpStatusCode.BadRequest, "task_not_found", "task_name", "Task not found: nowhere")]
    [InlineData("""{"task_name":"make","priority":"urgent"}""", HttpStatusCode.BadRequest, "validation_failed", "priority", "expected one of critical, high, normal, low; got \"urgent\"")]
    [InlineData("""{"task_name":"make","job_id":"of-somebody-else"}""", HttpStatusCode.Conflict, "job_id_taken", "job_id", "expected an id that is not in use; \"of-somebody-else\" is taken")]
    [InlineData("7", HttpStatusCode.BadRequest, "validation_failed", "job", "expected an object with the members of POST /jobs; got 7")]
    public async Task Enqueue_OfWhatIsRefused_NamesTheFieldOfTheJob(string job, HttpStatusCode status, string code, string field, string message)
    {
        await using var hosts = await Start();
        var (worker, parent, attempt) = await hosts.StartAttempt();
        var other = await hosts.Key("""{"name":"other"}""");
        (await hosts.First.As(other, HttpMethod.Post, "jobs", """{"task_name":"make","job_id":"of-somebody-else","delay":3600}""")).Expect(HttpStatusCode.Created);

        var reply = await worker.Enqueue(attempt, job);

        reply.Refused(status, code);
        Assert.Equal(message, reply.About(field));
        Assert.Empty((await hosts.First.Get($"jobs?parent_id={parent}")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Enqueue_OfAnAttemptThatDoesNotRunHere_IsRefused()
    {
        await using var hosts = await Start();
        var (worker, job, attempt) = await hosts.StartAttempt();
        var stranger = await hosts.Connect("make");

        (await stranger.Enqueue(attempt, """{"task_name":"make"}""")).Refused(HttpStatusCode.Conflict, "wrong_secret");
        (await worker.Enqueue(attempt, """{"task_name":"make"}""", secret: "AAAAAAAAAAAAAAAAAAAAAA")).Refused(HttpStatusCode.Conflict, "wrong_secret");
        (await hosts.First.Post($"jobs/{job}/force-complete", "{}")).Expect(HttpStatusCode.OK);
        (await worker.Enqueue(attempt, """{"task_name":"make"}""")).Refused(HttpStatusCode.Conflict, "stale_attempt");

        Assert.Empty((await hosts.First.Get($"jobs?parent_id={job}")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Claim_OfAJobWithMore_TellsIt_OfAPlainOneNot()
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");
        await hosts.Submit("""{"task_name":"make"}""");
        var plain = await worker.ClaimOne();
        var at = DateTimeOffset.UnixEpoch.AddDays(20_000);
        await hosts.Submit($$"""{"task_name":"make","tags":["a","b"],"idempotency_key":"k-7","scheduled_at":"{{at:O}}"}""");
        var full = await worker.ClaimOne();

        string[] members = ["tags", "scheduled_at", "schedule_id", "parent_id", "idempotency_key"];
        Assert.DoesNotContain(members, x => plain.TryGetProperty(x, out _));
        Assert.Equal(("""["a","b"]""", "k-7", at), (full.GetProperty("tags").GetRawText(), full.Text("idempotency_key"), full.GetProperty("scheduled_at").GetDateTimeOffset()));
    }

    protected sealed class Hosts(IReadOnlyList<JobApiHost> hosts) : IAsyncDisposable
    {
        int turn;

        public JobApiHost First => hosts[0];

        public JobApiHost Next => hosts[Interlocked.Increment(ref turn) % hosts.Count];

        public async Task<HttpWorker> Connect(string task)
        {
            var session = (await Next.Post("worker-sessions", $$"""{"name":"plain","slots":4,"tasks":[{"name":"{{task}}"}]}""")).Expect(HttpStatusCode.Created);
            await Knows(task);
            return new(this, session.Text("id"));
        }

        public async Task Knows(string task)
        {
            foreach (var host in hosts)
            {
                await Eventually.Holds(async () => (await host.Get($"tasks/{task}")).Status == HttpStatusCode.OK);
            }
        }

        public async Task<(HttpWorker Worker, string Job, JsonElement Attempt)> StartAttempt()
        {
            var worker = await Connect("make");
            var job = await Submit("""{"task_name":"make"}""");
            var attempt = await worker.ClaimOne();
            await worker.Report(attempt, "started");
            return (worker, job, attempt);
        }

        public async Task<string> Submit(string json) => (await Next.Submit(json)).Text("id");

        public async Task<JsonElement> Job(string id) => (await Next.Get($"jobs/{id}")).Expect(HttpStatusCode.OK);

        public async Task<string?> TraceOf(string id) => (await First.Services.GetRequiredService<IJobStore>().Find(Guid.Parse(id), default))!.Traceparent;

        public Task<JsonElement> End(string id) => Next.End(id);

        public async Task<(string, string)> Key(string json) => Callers.Key((await First.Post("api-keys", json)).Expect(HttpStatusCode.Created).Text("key"));

        public async ValueTask DisposeAsync()
        {
            foreach (var host in hosts.Reverse())
            {
                await host.DisposeAsync();
            }
        }
    }

    protected sealed class HttpWorker(Hosts hosts, string id)
    {
        public string Id => id;

        public async Task<Reply> Send(string what, string json, CancellationToken cancellationToken = default)
        {
            var host = hosts.Next;
            using var body = new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
            using var response = await host.Http.PostAsync($"/api/v1/worker-sessions/{id}/{what}", body, cancellationToken);
            return new(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), response.Headers, response.Content.Headers.ContentType?.MediaType);
        }

        public async Task<List<JsonElement>> Claim(int count, double wait = 10) =>
            [.. (await Send("claims", $$"""{"count":{{count}},"wait":{{wait.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}"""))
                .Expect(HttpStatusCode.OK).GetProperty("attempts").EnumerateArray()];

        public async Task<JsonElement> ClaimOne(double wait = 10) => Assert.Single(await Claim(1, wait));

        public async Task Report(JsonElement attempt, string step, string more = "") => Assert.Empty(await Refused(attempt, step, more));

        /// <summary>Reports, and answers the codes of refusals.</summary>
        public async Task<List<string>> Refused(JsonElement attempt, string step, string more, string? secret = null)
        {
            more = step == "failed" || more.Trim().Length > 0 ? "," + more : "";
            var report = $$"""{"job_id":"{{attempt.Text("job_id")}}","attempt":{{attempt.Whole("attempt")}},"secret":"{{secret ?? attempt.Text("secret")}}","step":"{{step}}"{{more}}}""";
            var answer = (await Send("reports", $$"""{"reports":[{{report}}]}""")).Expect(HttpStatusCode.OK);
            return [.. answer.GetProperty("refused").EnumerateArray().Select(x => x.Text("code"))];
        }

        /// <param name="job">The job, and members that follow it.</param>
        public Task<Reply> Enqueue(JsonElement attempt, string job, string? secret = null) => Send("jobs", $$"""
            {"job_id":"{{attempt.Text("job_id")}}","attempt":{{attempt.Whole("attempt")}},"secret":"{{secret ?? attempt.Text("secret")}}","job":{{job}}}
            """);

        public async Task<JsonElement> Heartbeat(IEnumerable<JsonElement> attempts, double wait = 0, string status = "running", string outcomes = "")
        {
            var held = string.Join(',', attempts.Select(x => $$"""{"job_id":"{{x.Text("job_id")}}","attempt":{{x.Whole("attempt")}}}"""));
            return (await Send("heartbeat", $$"""{"status":"{{status}}","wait":{{wait}},"attempts":[{{held}}],"outcomes":[{{outcomes}}]}""")).Expect(HttpStatusCode.OK);
        }

        public Task<Reply> End() => hosts.Next.Send(HttpMethod.Delete, $"worker-sessions/{id}", null);
    }
}

/// <summary>Everything in one process.</summary>
public sealed class SingleProcessSessionTests : WorkerSessionTests
{
    protected override async Task<Hosts> Start(params (string Name, string? Value)[] settings) => new([await JobApiHost.Start(settings)]);

    public static TheoryData<string, string, string, string> BadBodies => new()
    {
        { "", """{"slots":1,"tasks":[{"name":"x"}]}""", "name", "expected a name of 1 to 128 letters, digits, '.', '_' or '-'; got nothing" },
        { "", """{"name":"a b","slots":1,"tasks":[{"name":"x"}]}""", "name", "expected a name of 1 to 128 letters, digits, '.', '_' or '-'; got \"a b\"" },
        { "", """{"name":"a","slots":0,"tasks":[{"name":"x"}]}""", "slots", "expected a whole number from 1 to 10000; got 0" },
        { "", """{"name":"a","slots":1,"tasks":[]}""", "tasks", "expected an array of 1 to 10000 tasks; got 0" },
        { "", """{"name":"a","slots":1,"tasks":[{}]}""", "tasks[0].name", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got nothing" },
        { "", """{"name":"a","slots":1,"tasks":[{"name":"x","retries":1}]}""", "tasks[0].retries",
            "unknown member; expected name, version, description, queue, max_retries, retry_delay, timeout, is_async, parameters" },
        { "", """{"name":"a","slots":1,"tasks":[{"name":"x"},{"name":"x"}]}""", "tasks[1].name", "expected each version of a task once; got x 1.0 more than once" },
        { "/claims", "{}", "count", "expected a whole number from 1 to 1000; got nothing" },
        { "/claims", """{"count":1,"wait":31}""", "wait", "expected a number of seconds from 0 to 30; got 31" },
        { "/reports", "{}", "reports", "expected an array of at most 1000 objects; got nothing" },
        { "/reports", """{"reports":[7]}""", "reports[0]", "expected an object; got 7" },
        { "/reports", """{"reports":[{"job_id":"7","attempt":1,"secret":"s","step":"started"}]}""", "reports[0].job_id", "expected a UUID; got \"7\"" },
        { "/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s","step":"failed"}]}""", "reports[0].error",
            "expected an object with type and message; got nothing" },
        { "/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s","step":"progress","progress":101}]}""", "reports[0].progress",
            "expected a number from 0 to 100; got 101" },
        { "/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s","step":"completed","result":"\ud83d"}]}""", "reports",
            "expected valid Unicode; got \\ud83d, which is half of a surrogate pair" },
        { "/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s","step":"completed","follow_ups":{}}]}""", "reports[0].follow_ups",
            "expected an array of at most 1000 objects; got an object" },
        { "/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s","step":"completed","follow_ups":[{},7]}]}""",
            "reports[0].follow_ups[1]", "expected an object; got 7" },
        { "/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s","step":"completed","traceparent":"x"}]}""", "reports[0].traceparent",
            "expected a W3C trace context; got \"x\"" },
        { "/jobs", """{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"job":{}}""", "secret", "expected the attempt's secret; got nothing" },
        { "/jobs", """{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"s"}""", "job", "expected an object with the members of POST /jobs; got nothing" },
        { "/heartbeat", """{"attempts":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f"}]}""", "attempts[0].attempt", "expected a whole number from 1; got nothing" },
        { "/heartbeat", """{"attempts":[],"status":"lost"}""", "status", "expected one of running, paused, draining; got \"lost\"" },
    };

    [Theory, MemberData(nameof(BadBodies))]
    public async Task Requests_BadBody_NameFieldAndWhatWasExpected(string path, string json, string field, string message)
    {
        await using var hosts = await Start();
        var worker = await hosts.Connect("make");

        var reply = await hosts.First.Post(path.Length == 0 ? "worker-sessions" : $"worker-sessions/{worker.Id}{path}", json);

        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(message, reply.About(field));
    }
}

/// <summary>Two instances on PostgreSQL and RabbitMQ.</summary>
public sealed class TwoInstanceSessionTests : WorkerSessionTests
{
    protected override bool KnowsAllJobsAtOnce => false;

    protected override async Task<Hosts> Start(params (string Name, string? Value)[] settings)
    {
        var first = await JobApiHost.StartOnServers(settings);
        return new([first, await first.Another()]);
    }
}

static class JsonMembers
{
    public static string Text(this JsonElement value, string name) => value.GetProperty(name).GetString()!;

    public static int Whole(this JsonElement value, string name) => value.GetProperty(name).GetInt32();
}
