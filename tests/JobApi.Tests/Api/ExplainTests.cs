using System.Net;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Api;

public sealed class ExplainTests
{
    [Fact]
    public async Task Explain_UnknownJob_IsNotFound()
    {
        await using var host = await JobApiHost.Start();

        (await host.Get("jobs/nobody/explain")).Refused(HttpStatusCode.NotFound, "job_not_found");
    }

    [Fact]
    public async Task Explain_CourseOfAJob_SaysWhereItIs()
    {
        await using var host = await JobApiHost.Start();
        await host.HasWorker();
        var id = await Submit(host, """{"task_name":"sleep","kwargs":{"seconds":30}}""");
        await Eventually.Holds(async () => (await Explain(host, id)).Code == "running", TimeSpan.FromSeconds(20));
        Assert.StartsWith("Worker tester-", (await Explain(host, id)).Reason, StringComparison.Ordinal);

        (await host.Post($"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
        await host.End(id);

        Assert.Equal(("finished", "It ended as cancelled."), await Explain(host, id));
    }

    [Fact]
    public async Task Explain_JobForLater_IsNotDue()
    {
        await using var host = await JobApiHost.Start();

        var tomorrow = $"{TimeProvider.System.GetUtcNow().AddDays(1):yyyy-MM-dd}T03:04:05";
        var later = await Submit(host, $$"""{"task_name":"echo","scheduled_at":"{{tomorrow}}Z"}""");
        var retrying = await Submit(host, """{"task_name":"fail","max_retries":1,"retry_delay":3600}""");
        await Eventually.Holds(async () => (await host.Get($"jobs/{retrying}")).Json.GetProperty("status").GetString() == "retrying", TimeSpan.FromSeconds(20));

        Assert.Equal(("not_due", $"It is scheduled at {tomorrow}.000Z."), await Explain(host, later));
        Assert.Equal($"{tomorrow}Z", (await host.Get($"jobs/{later}/explain")).Json.GetProperty("due_at").GetString());
        var (code, reason) = await Explain(host, retrying);
        Assert.Equal("not_due", code);
        Assert.StartsWith("Attempt 1 failed; the next one starts at ", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_PausedQueue_SaysSo()
    {
        await using var host = await JobApiHost.Start();
        await Submit(host, """{"task_name":"echo"}""");
        await host.Post("queues/default/pause");

        Assert.Equal(("queue_paused", "Queue default is paused."), await Explain(host, await Submit(host, """{"task_name":"echo"}""")));
    }

    [Fact]
    public async Task Explain_NobodyWhoCould_SaysWhoIsMissing()
    {
        await using var host = await JobApiHost.Start();
        await host.HasWorker();
        await host.Announce("gone", "resize", "1.0");

        Assert.Equal(
            ("no_worker", "No live worker that has the task echo takes jobs from queue idle."), await Explain(host, await Submit(host, """{"task_name":"echo","queue_name":"idle"}""")));
        Assert.Equal(("no_worker", "No live worker has the task resize."), await Explain(host, await Submit(host, """{"task_name":"resize"}""")));
        await host.Announce("gone", "echo", "9.9");
        Assert.Equal(
            ("no_worker_for_version", "No live worker has version 9.9 of echo; there are 1.0."), await Explain(host, await Submit(host, """{"task_name":"echo","version":"9.9"}""")));

        (await host.Post("workers/tester/pause", """{"timeout":30}""")).Expect(HttpStatusCode.OK);
        var id = await Submit(host, """{"task_name":"echo"}""");
        // What the worker had asked for before may still be granted, and is given back
        await Eventually.Holds(
            async () => await Explain(host, id) == ("no_worker", "The workers that could run it are paused."), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Explain_LimitedQueue_SaysWhichLimit()
    {
        await using var host = await JobApiHost.Start();
        await host.HasWorker();
        await host.Put("queues/default", """{"max_concurrency":1}""");
        var running = await Submit(host, """{"task_name":"sleep","kwargs":{"seconds":60}}""");
        await Eventually.Holds(async () => (await Explain(host, running)).Code == "running", TimeSpan.FromSeconds(20));
        var waiting = await Submit(host, """{"task_name":"echo"}""");
        Assert.Equal(("concurrency_limit", "Queue default may run 1 at once, and does."), await Explain(host, waiting));

        await host.Put("queues/default", """{"max_concurrency":null,"rate_limit":{"limit":1,"period":3600}}""");
        await host.End(waiting);
        Assert.Equal(("rate_limit", "Queue default may start 1 in 3600 s, and has."), await Explain(host, await Submit(host, """{"task_name":"echo"}""")));
        (await host.Post($"jobs/{running}/cancel")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Explain_FullWorkers_SaysThePositionAndWhenItMayStart()
    {
        await using var host = await JobApiHost.Start(("JOBSYSTEM_SLOTS", "1"));
        await host.HasWorker();
        await host.End(await Submit(host, """{"task_name":"sleep","kwargs":{"seconds":0.5}}"""));
        var running = await Submit(host, """{"task_name":"sleep","kwargs":{"seconds":60}}""");
        await Eventually.Holds(async () => (await Explain(host, running)).Code == "running", TimeSpan.FromSeconds(20));

        var (first, low, high) = (await Submit(host, """{"task_name":"echo"}"""), await Submit(host, """{"task_name":"echo","priority":"low"}"""), await Submit(host, """{"task_name":"echo","priority":"high"}"""));

        Assert.Equal(("behind_others", "It is the next of queue default."), await Explain(host, high));
        Assert.Equal(("behind_others", "One job of queue default is before it."), await Explain(host, first));
        var why = (await host.Get($"jobs/{low}/explain")).Json;
        Assert.Equal(3, why.GetProperty("position").GetInt32());
        // Three times half a second
        Assert.InRange((why.GetProperty("estimated_start").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalSeconds, 0.5, 5);
        (await host.Post($"jobs/{running}/cancel")).Expect(HttpStatusCode.OK);
    }

    static async Task<string> Submit(JobApiHost host, string json) => (await host.Submit(json)).GetProperty("id").GetString()!;

    static async Task<(string Code, string Reason)> Explain(JobApiHost host, string id)
    {
        var why = (await host.Get($"jobs/{id}/explain")).Expect(HttpStatusCode.OK);
        return (why.GetProperty("code").GetString()!, why.GetProperty("reason").GetString()!);
    }
}
