using System.Text.Json;

namespace JobSystem.Surface.Tests;

/// <summary>What is counted where: a job that was accepted is in the next answer of every surface.</summary>
public sealed class CountTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    [Fact]
    public async Task Queue_AfterEachSubmission_HasTheJobAtOnce()
    {
        var queue = await NewQueue();
        for (var n = 1; n <= 20; n++)
        {
            await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}"{{(n % 2 == 0 ? ",\"delay\":3600" : "")}}}""");
            var canonical = (await host.Send("GET", $"/api/v1/queues/{queue}")).Json;
            Assert.Equal((n + 1) / 2, canonical.GetProperty("size").GetInt32());
            Assert.Equal(n / 2, canonical.GetProperty("scheduled").GetInt32());
            var operations = (await host.Send("GET", "/jobs/queues")).Json.EnumerateArray().Single(x => x.GetProperty("name").GetString() == queue);
            Assert.Equal(n, operations.GetProperty("length").GetInt32());
            Assert.Equal(n, operations.GetProperty("jobs_by_status").EnumerateArray().Single(x => x.GetProperty("status").GetString() == "PENDING").GetProperty("count").GetInt32());
            Assert.Equal(n, (await host.Send("GET", $"/jobs/queues/{queue}")).Json.GetProperty("length").GetInt32());
            Assert.Equal(n, Value(await Metrics(), "queue_length", ("queue", queue), ("status", "pending")));
        }
    }

    [Fact]
    public async Task Counters_OfQueueTaskAndPriority_OnlyGrow()
    {
        var queue = await NewQueue();
        await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}","priority":"high"}""");
        var id = await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}","priority":"high"}""");
        await Submit($$"""{"task_name":"fail","queue_name":"{{queue}}","priority":"low"}""");
        Assert.Equal(2, await Counter("job_enqueued", queue, "echo", "HIGH"));
        Assert.Equal(1, await Counter("job_enqueued", queue, "fail", "LOW"));

        Assert.Equal(200, (await host.Send("POST", $"/api/v1/jobs/{id}/cancel")).Status);
        Assert.Equal(204, (await host.Send("DELETE", $"/api/v1/jobs/{id}")).Status);

        Assert.Equal(1, await Counter("job_cancelled", queue, "echo", "HIGH"));
        Assert.Equal(2, await Counter("job_enqueued", queue, "echo", "HIGH"));
        Assert.Equal(0, await Counter("job_started", queue, "echo", "HIGH"));
    }

    /// <summary>The queue is cleared with a statement of its own.</summary>
    [Fact]
    public async Task Counters_OfClearedJobs_HaveTheirPriority()
    {
        var queue = await NewQueue();
        await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}","priority":"critical"}""");
        Assert.Equal(1, (await host.Send("POST", $"/jobs/queues/{queue}/clear")).Json.GetProperty("jobs_cleared").GetInt32());
        Assert.Equal(1, await Counter("job_cancelled", queue, "echo", "CRITICAL"));
        Assert.Equal(0, (await host.Send("GET", $"/jobs/queues/{queue}")).Json.GetProperty("length").GetInt32());
    }

    [Fact]
    public async Task Info_OfWhoMaySeeNothing_HasNoCounts()
    {
        var key = (await host.Send("POST", "/api/v1/api-keys", """{"name":"plain"}""")).Json.GetProperty("key").GetString();
        var (status, info) = await host.Send("GET", "/api/v1/info", key: key);
        Assert.Equal((200, "JobSystem", JsonValueKind.Null), (status, info.GetProperty("product").GetString(), info.GetProperty("total_jobs").ValueKind));
        Assert.Equal(403, (await host.Send("GET", "/api/jobs/stats", key: key)).Status);
        var viewer = (await host.Send("POST", "/api/v1/api-keys", """{"name":"viewer","permissions":["view_jobs"]}""")).Json.GetProperty("key").GetString();
        Assert.Equal(200, (await host.Send("GET", "/api/jobs/stats", key: viewer)).Status);
        var manager = (await host.Send("POST", "/api/v1/api-keys", """{"name":"manager","permissions":["manage_jobs"]}""")).Json.GetProperty("key").GetString();
        Assert.Equal(200, (await host.Send("GET", "/api/jobs/stats", key: manager)).Status);
    }

    [Fact]
    public async Task GetStatus_OfWaitingJobInPausedQueue_HasItsPosition()
    {
        var queue = await NewQueue();
        await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}"}""");
        var second = await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}"}""");
        var better = await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}","priority":"critical"}""");
        var later = await Submit($$"""{"task_name":"echo","queue_name":"{{queue}}","delay":3600}""");
        Assert.Equal(3, (await Status(second)).GetProperty("queue_position").GetInt32());
        Assert.Equal(1, (await Status(better)).GetProperty("queue_position").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await Status(later)).GetProperty("queue_position").ValueKind);
    }

    async Task<JsonElement> Status(string id) => (await host.Send("POST", $"/api/jobs/job/{id}", """{"get_status":true}""")).Json.GetProperty("data");

    async Task<string> NewQueue()
    {
        var queue = $"q-{Guid.CreateVersion7():N}";
        await host.Send("PUT", $"/api/v1/queues/{queue}", "{}");
        Assert.Equal(204, (await host.Send("POST", $"/api/v1/queues/{queue}/pause")).Status);
        return queue;
    }

    async Task<string> Submit(string json)
    {
        var (status, job) = await host.Send("POST", "/api/v1/jobs", json);
        Assert.True(status == 201, $"{job}");
        return job.GetProperty("id").GetString()!;
    }

    async Task<JsonElement> Metrics() => (await host.Send("GET", "/jobs/metrics")).Json.GetProperty("metrics");

    async Task<double> Counter(string name, string queue, string task, string priority) => Value(await Metrics(), name, ("queue", queue), ("task", task), ("priority", priority));

    static double Value(JsonElement metrics, string name, params (string Name, string Value)[] labels) => metrics.GetProperty($"jobsystem.{name}").GetProperty("values").EnumerateArray()
        .Where(x => labels.All(label => x.GetProperty("labels").GetProperty(label.Name).GetString() == label.Value)).Select(x => x.GetProperty("value").GetDouble()).DefaultIfEmpty(-1).Single();
}
