using System.Net;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.Support;
using JobSystem.Worker;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.JobApi.Tests.Api;

public sealed class BroadcastTests : BroadcastJobs
{
    protected override Task<JobApiHost> Start(params (string Name, string? Value)[] settings) => JobApiHost.Start(settings);

    [Fact]
    public async Task Submit_NoLiveWorker_WaitsUntilItExpires()
    {
        await using var host = await Start();
        var id = Id(await host.Submit("""{"task_name":"echo","queue_name":"nobody","broadcast":true,"expires_in":2}"""));

        Assert.Equal("no_worker", (await host.Get($"jobs/{id}/explain")).Expect(HttpStatusCode.OK).GetProperty("code").GetString());
        Assert.Equal("expired", (await host.End(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Submit_SameKeyWithAndWithoutBroadcast_IsAConflict()
    {
        await using var host = await Start();
        (await host.Post("jobs", """{"task_name":"echo","idempotency_key":"k"}""")).Expect(HttpStatusCode.Created);

        (await host.Post("jobs", """{"task_name":"echo","idempotency_key":"k","broadcast":true}""")).Refused(HttpStatusCode.Conflict, "idempotency_key_reused");
    }
}

/// <summary>The same over RabbitMQ and PostgreSQL, where there can be more workers.</summary>
public sealed class RabbitBroadcastTests : BroadcastJobs
{
    protected override Task<JobApiHost> Start(params (string Name, string? Value)[] settings) => JobApiHost.StartOnServers(settings);

    [Fact]
    public async Task Submit_SeveralWorkers_RunsOnceOnEach()
    {
        await using var host = await Start();
        var runs = new System.Collections.Concurrent.ConcurrentBag<string>();
        await using var one = await StartWorker(host, "one", () => { runs.Add("one"); return "first"; });
        await using var two = await StartWorker(host, "two", () => { runs.Add("two"); return "second"; });

        // The worker of the host serves the queue, but has no such task
        var ended = await host.End(Id(await host.Submit("""{"task_name":"flush","broadcast":true,"tags":["t"]}""")));

        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(["one", "two"], runs.Order());
        var children = Children(ended);
        Assert.Equal([("one", "completed", "first"), ("two", "completed", "second")],
            children.Select(x => (x.GetProperty("worker_name").GetString(), x.GetProperty("status").GetString(), x.GetProperty("result").GetString())).Order());
        foreach (var child in children)
        {
            var job = (await host.Get($"jobs/{Id(child, "job_id")}")).Expect(HttpStatusCode.OK);
            Assert.Equal(Id(ended), Id(job, "parent_id"));
            Assert.Equal(child.GetProperty("worker_id").GetString(), job.GetProperty("pinned_to").GetString());
            Assert.Equal(job.GetProperty("pinned_to").GetString(), job.GetProperty("worker_id").GetString());
            Assert.Equal("t", job.GetProperty("tags")[0].GetString());
        }
        await one.StopAsync();
        await two.StopAsync();
    }

    static async Task<JobWorker> StartWorker(JobApiHost host, string name, Func<string> task)
    {
        var builder = JobWorker.CreateBuilder().UseRabbitMq();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_RABBITMQ"] = host.Services.GetRequiredService<IConfiguration>()["JOBSYSTEM_RABBITMQ"],
            ["JOBSYSTEM_WORKER_NAME"] = name,
            ["JOBSYSTEM_RENEW_SECONDS"] = "0.5",
        });
        builder.Logging.ClearProviders();
        builder.MapTask("flush", task);
        var worker = builder.Build();
        await worker.StartAsync();
        await Eventually.Holds(async () =>
            (await host.Get("workers")).Json.GetProperty("items").EnumerateArray().Any(x => x.GetProperty("name").GetString() == name && x.GetProperty("status").GetString() == "running")
            && (await host.Get("tasks/flush")).Status == HttpStatusCode.OK
            && (await host.Get("tasks/flush")).Json.GetProperty("workers").EnumerateArray().Any(x => x.ToString().Contains(name, StringComparison.Ordinal)), TimeSpan.FromSeconds(30));
        return worker;
    }
}

public abstract class BroadcastJobs
{
    /// <summary>So that what waits is looked at again soon.</summary>
    static readonly (string, string?)[] quick = [("JOBSYSTEM_DISPATCH_SECONDS", "1"), ("JOBSYSTEM_RENEW_SECONDS", "0.5")];

    protected abstract Task<JobApiHost> Start(params (string Name, string? Value)[] settings);

    [Fact]
    public async Task Submit_OneWorker_ResultListsItsChild()
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        var submitted = await host.Submit("""{"task_name":"echo","kwargs":{"n":7},"broadcast":true}""");
        Assert.True(submitted.GetProperty("broadcast").GetBoolean());

        var ended = await host.End(Id(submitted));

        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(100, ended.GetProperty("progress").GetDouble());
        var child = Assert.Single(Children(ended));
        Assert.Equal(7, child.GetProperty("result").GetProperty("kwargs").GetProperty("n").GetInt32());
        Assert.Equal("tester", child.GetProperty("worker_name").GetString());
        Assert.Equal(["created", "running", "completed"], await Events(host, Id(ended)));
        Assert.Equal(["created", "reserved", "running", "completed"], await Events(host, Id(child, "job_id")));
    }

    [Fact]
    public async Task Submit_ChildFails_ParentFailsAndSaysWhere()
    {
        await using var host = await Start(quick);
        await host.HasWorker();

        var ended = await host.End(Id(await host.Submit("""{"task_name":"fail","kwargs":{"message":"no luck"},"max_retries":1,"retry_delay":0,"broadcast":true}""")));

        Assert.Equal("failed", ended.GetProperty("status").GetString());
        Assert.Equal("1 of 1 workers did not complete it: tester failed", ended.GetProperty("error").GetProperty("message").GetString());
        var child = Assert.Single(Children(ended));
        Assert.Equal("no luck", child.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(1, (await host.Get($"jobs/{Id(child, "job_id")}")).Json.GetProperty("retry_count").GetInt32());
    }

    [Fact]
    public async Task Retry_FailedBroadcast_RunsOnAllOnceMore()
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        var first = await host.End(Id(await host.Submit("""{"task_name":"fail","kwargs":{"until_attempt":9},"max_retries":0,"broadcast":true}""")));

        (await host.Post($"jobs/{Id(first)}/retry")).Expect(HttpStatusCode.OK);
        var second = await host.End(Id(first));

        Assert.Equal(2, second.GetProperty("attempt").GetInt32());
        Assert.NotEqual(Id(Children(first)[0], "job_id"), Id(Assert.Single(Children(second)), "job_id"));
    }

    [Fact]
    public async Task Cancel_RunningBroadcast_ReachesTheChildren()
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        var id = Id(await host.Submit("""{"task_name":"sleep","kwargs":{"seconds":60},"broadcast":true}"""));
        var child = await RunningChild(host, id);

        (await host.Post($"jobs/{id}/cancel", """{"reason":"enough"}""")).Expect(HttpStatusCode.OK);

        var ended = await host.End(id);
        Assert.Equal("cancelled", ended.GetProperty("status").GetString());
        Assert.Equal("enough", ended.GetProperty("cancel_reason").GetString());
        Assert.Equal("cancelled", Assert.Single(Children(ended)).GetProperty("status").GetString());
        Assert.Equal("enough", (await host.Get($"jobs/{child}")).Json.GetProperty("cancel_reason").GetString());
    }

    [Fact]
    public async Task Submit_WorkerPauses_RunsWhenItGoesOn()
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        (await host.Post("workers/tester/pause", """{"timeout":30}""")).Expect(HttpStatusCode.OK);
        await Eventually.Holds(async () => (await host.Get("workers/tester")).Json.GetProperty("status").GetString() == "paused", TimeSpan.FromSeconds(20));
        var id = Id(await host.Submit("""{"task_name":"echo","broadcast":true}"""));
        await Eventually.Holds(async () => (await host.Get($"jobs/{id}")).Json.GetProperty("status").GetString() == "running", TimeSpan.FromSeconds(20));
        await Task.Delay(1500);
        var child = Id(Children((await host.Get($"jobs/{id}")).Json)[0], "job_id");
        Assert.Equal("pending", (await host.Get($"jobs/{child}")).Json.GetProperty("status").GetString());

        (await host.Post("workers/tester/resume", """{"timeout":30}""")).Expect(HttpStatusCode.OK);

        Assert.Equal("completed", (await host.End(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Submit_QueuePaused_ChildrenWait()
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        await host.Put("queues/default", "{}");
        (await host.Post("queues/default/pause")).Expect(HttpStatusCode.NoContent);
        var id = Id(await host.Submit("""{"task_name":"echo","broadcast":true}"""));
        await Eventually.Holds(async () => (await host.Get($"jobs/{id}")).Json.GetProperty("status").GetString() == "running", TimeSpan.FromSeconds(20));
        await Task.Delay(500);
        var child = Id(Children((await host.Get($"jobs/{id}")).Json)[0], "job_id");
        Assert.Equal("queue_paused", (await host.Get($"jobs/{child}/explain")).Json.GetProperty("code").GetString());

        (await host.Post("queues/default/resume")).Expect(HttpStatusCode.NoContent);

        Assert.Equal("completed", (await host.End(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Submit_WorkerLeaves_ItsChildFailsAndNobodyElseRunsIt()
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        await host.Announce("ghost-1", "echo", "1.0");
        await Beat(host, "running");
        await Eventually.Holds(async () => (await host.Get("workers")).Json.GetProperty("total").GetInt32() == 2, TimeSpan.FromSeconds(20));
        var id = Id(await host.Submit("""{"task_name":"echo","broadcast":true}"""));
        await Eventually.Holds(async () => (await host.Get($"jobs/{id}")).Json.GetProperty("progress").GetDouble() == 50, TimeSpan.FromSeconds(20));

        await Beat(host, "stopped");

        var ended = await host.End(id);
        Assert.Equal("1 of 2 workers did not complete it: ghost failed", ended.GetProperty("error").GetProperty("message").GetString());
        var ghost = Assert.Single(Children(ended), x => x.GetProperty("worker_name").GetString() == "ghost");
        Assert.Equal("worker_lost", ghost.GetProperty("error").GetProperty("type").GetString());
    }

    /// <summary>The state that a crash leaves behind: the list is committed, and of the children only the first.</summary>
    [Fact]
    public async Task Look_CrashBetweenListAndChildren_MakesWhatIsMissing()
    {
        await using var host = await Start([.. quick, ("JOBSYSTEM_SLOTS", "1")]);
        await host.HasWorker();
        var worker = (await host.Get("workers")).Json.GetProperty("items")[0].GetProperty("id").GetString()!;
        var store = host.Services.GetRequiredService<IJobStore>();
        BroadcastChild[] children = [new(Guid.CreateVersion7(), worker, "tester"), new(Guid.CreateVersion7(), worker, "tester")];
        var now = await store.Now(default);
        var parent = Job(Guid.CreateVersion7(), null, null);
        // Nobody else looks at it before it is what the crash has left
        parent.DueAt = now.AddHours(1);
        Assert.Null((await store.Insert([new([parent])], default))[0].Conflict);
        (parent.Version, parent.CurrentState, parent.Attempt, parent.StartedAt, parent.DueAt) = (2, JobStatus.Running, 1, now, now);
        parent.Children = $$"""{"children":[{{string.Join(',', children.Select(x => $$"""{"job_id":"{{x.JobId}}","worker_id":"{{x.WorkerId}}","worker_name":"tester"}"""))}}]}""";
        Assert.True((await store.Write([new(parent, 1)], default))[0]);
        Assert.Null((await store.Insert([new([Job(children[0].JobId, worker, parent.CorrelationId)])], default))[0].Conflict);

        var ended = await host.End(parent.JobId);

        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(children.Select(x => x.JobId.ToString()), Children(ended).Select(x => Id(x, "job_id")));
        Assert.Equal(3, (await host.Get("jobs?task_name=echo")).Json.GetProperty("total").GetInt32());

        JobState Job(Guid id, string? pinnedTo, Guid? parentId) => new()
        {
            CorrelationId = id,
            Version = 1,
            TaskName = "echo",
            QueueName = "default",
            Owner = "admin",
            CreatedAt = now,
            UpdatedAt = now,
            DueAt = now,
            TimeoutSeconds = 60,
            PinnedTo = pinnedTo,
            IsBroadcast = pinnedTo is null,
            ParentId = parentId,
        };
    }

    /// <summary>Another instance had begun to make the children when the cancel came.</summary>
    [Theory]
    [InlineData("cancel")]
    [InlineData("force-complete")]
    public async Task End_WhileAnotherInstanceMakesTheChildren_StopsThem(string how)
    {
        await using var host = await Start(quick);
        await host.HasWorker();
        var worker = (await host.Get("workers")).Json.GetProperty("items")[0].GetProperty("id").GetString()!;
        var store = host.Services.GetRequiredService<IJobStore>();
        var now = await store.Now(default);
        var (parent, child) = (Job(null, null), Job(worker, null));
        child.ParentId = parent.CorrelationId;
        // The timer of the parent must not be faster than the test
        parent.DueAt = now.AddMinutes(10);
        Assert.Null((await store.Insert([new([parent])], default))[0].Conflict);
        (parent.Version, parent.CurrentState, parent.Attempt, parent.StartedAt) = (2, JobStatus.Running, 1, now);
        parent.Children = $$"""{"children":[{"job_id":"{{child.CorrelationId}}","worker_id":"{{worker}}","worker_name":"tester"}]}""";
        Assert.True((await store.Write([new(parent, 1)], default))[0]);

        (await host.Post($"jobs/{parent.JobId}/{how}", "{}")).Expect(HttpStatusCode.OK);
        await host.End(parent.JobId);
        await host.Services.GetRequiredService<JobInserter>().Submit([child], default);

        Assert.Equal("cancelled", (await host.End(child.JobId)).GetProperty("status").GetString());
        Assert.Equal(["created", "cancelled"], await Events(host, child.JobId));

        JobState Job(string? pinnedTo, Guid? parentId) => new()
        {
            CorrelationId = Guid.CreateVersion7(),
            Version = 1,
            TaskName = "echo",
            QueueName = "default",
            Owner = "admin",
            CreatedAt = now,
            UpdatedAt = now,
            DueAt = now,
            TimeoutSeconds = 60,
            PinnedTo = pinnedTo,
            IsBroadcast = pinnedTo is null,
            ParentId = parentId,
        };
    }

    static async Task Beat(JobApiHost host, string status)
    {
        var endpoint = await host.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{BusAddresses.Workers}"));
        var now = TimeProvider.System.GetUtcNow();
        await endpoint.Send(new WorkerHeartbeat
        {
            WorkerId = "ghost-1",
            Name = "ghost",
            Host = "nowhere",
            Version = "1",
            Status = status,
            StartedAt = now,
            SentAt = now,
            Queues = ["default"],
            Slots = 1,
            Processed = 0,
            Failed = 0,
            Attempts = [],
        });
    }

    static async Task<string> RunningChild(JobApiHost host, string parent)
    {
        string? child = null;
        await Eventually.Holds(async () =>
        {
            var view = (await host.Get($"jobs/{parent}")).Json;
            child = view.GetProperty("status").GetString() == "running" ? Id(Children(view)[0], "job_id") : null;
            return child is not null && (await host.Get($"jobs/{child}")) is { Status: HttpStatusCode.OK } reply && reply.Json.GetProperty("status").GetString() == "running";
        }, TimeSpan.FromSeconds(20));
        return child!;
    }

    static async Task<IEnumerable<string?>> Events(JobApiHost host, string id) =>
        (await host.Get($"jobs/{id}/events")).Json.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("event").GetString()).ToList();

    protected static string Id(JsonElement view, string member = "id") => view.GetProperty(member).GetString()!;

    protected static List<JsonElement> Children(JsonElement view) => [.. view.GetProperty("result").GetProperty("children").EnumerateArray()];
}
