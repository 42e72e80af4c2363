using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Api;

/// <summary>With everything in one process.</summary>
public sealed class UpkeepTests : Upkeep
{
    protected override Task<JobApiHost> Start() => JobApiHost.Start();

    [Theory]
    [InlineData("""{"days_old":-1}""", "days_old", "expected a whole number from 0 to 36500; got -1")]
    [InlineData("""{"days_old":1.5}""", "days_old", "expected a whole number from 0 to 36500; got 1.5")]
    [InlineData("""{"days_old":"30"}""", "days_old", "expected a whole number from 0 to 36500; got \"30\"")]
    [InlineData("""{"statuses":["pending"]}""", "statuses[0]", "expected one of completed, failed, cancelled, timeout, expired; got \"pending\"")]
    [InlineData("""{"older":1}""", "older", "unknown member; expected days_old, statuses")]
    public async Task Cleanup_BadBody_NamesField(string json, string field, string message)
    {
        await using var host = await Start();
        var reply = await host.Post("jobs/cleanup", json);
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(message, reply.About(field));
    }
}

/// <summary>The same over RabbitMQ and PostgreSQL.</summary>
public sealed class ServerUpkeepTests : Upkeep
{
    protected override Task<JobApiHost> Start() => JobApiHost.StartOnServers();
}

/// <summary>What is about all jobs that there are: clean-up, statistics, and bulk calls without a filter.</summary>
public abstract class Upkeep
{
    protected abstract Task<JobApiHost> Start();

    [Fact]
    public async Task Cleanup_KeepsTheYoungTheUnfinishedAndTheFailed()
    {
        await using var host = await Start();
        await OneOfEach(host);
        Assert.Equal("""{"deleted":0,"finished":true}""", (await host.Post("jobs/cleanup")).Expect(HttpStatusCode.OK).GetRawText());
        Assert.Equal("""{"deleted":2,"finished":true}""", (await host.Post("jobs/cleanup", """{"days_old":0}""")).Expect(HttpStatusCode.OK).GetRawText());
        Assert.Equal(["failed", "pending"], await Statuses(host));
        Assert.Equal(1, (await host.Post("jobs/cleanup", """{"days_old":0,"statuses":["failed"]}""")).Json.GetProperty("deleted").GetInt32());
        Assert.Equal(["pending"], await Statuses(host));
    }

    [Fact]
    public async Task Stats_AreThoseOfNow_AsTheSeedHasThem()
    {
        await using var host = await Start();
        Assert.Equal(0, (await host.Get("jobs/stats")).Expect(HttpStatusCode.OK).GetProperty("total_jobs").GetInt32());
        await OneOfEach(host);
        var stats = (await host.Get("jobs/stats")).Expect(HttpStatusCode.OK);
        Assert.Equal((4, 1, 0), (Number(stats, "total_jobs"), Number(stats, "pending_jobs"), Number(stats, "running_jobs")));
        Assert.Equal((1, 1, 1, 0), (Number(stats, "completed_jobs"), Number(stats, "failed_jobs"), Number(stats, "cancelled_jobs"), Number(stats, "expired_jobs")));
        Assert.InRange(stats.GetProperty("avg_wait_time").GetDouble(), 0, 20);
        Assert.InRange(stats.GetProperty("avg_run_time").GetDouble(), 0, 20);
        var queues = stats.GetProperty("by_queue");
        Assert.Equal((2, 0), (Number(queues.GetProperty("default"), "total_jobs"), Number(queues.GetProperty("default"), "pending_jobs")));
        Assert.Equal((2, 1), (Number(queues.GetProperty("idle"), "total_jobs"), Number(queues.GetProperty("idle"), "pending_jobs")));
        Assert.Equal("""{"critical":0,"high":1,"normal":3,"low":0}""", stats.GetProperty("by_priority").GetRawText());
        Assert.Equal(Contracts.JobStatus.All, stats.GetProperty("by_status").EnumerateObject().Select(x => x.Name));
        Assert.Equal(1, Number(stats.GetProperty("by_status"), "failed"));
        Assert.Equal(3, Number(stats.GetProperty("by_task").GetProperty("echo"), "total_jobs"));
        Assert.Equal(3, Number(stats.GetProperty("throughput"), "last_minute"));
        Assert.Equal(3, Number(stats.GetProperty("throughput"), "last_hour"));
        Assert.EndsWith("Z", stats.GetProperty("as_of").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_OfAnOwner_AreItsOwn()
    {
        await using var host = await Start();
        await OneOfEach(host);
        Assert.Equal(4, Number((await host.Get("jobs/stats?owner=admin")).Expect(HttpStatusCode.OK), "total_jobs"));
        var nobody = (await host.Get("jobs/stats?owner=nobody")).Expect(HttpStatusCode.OK);
        Assert.Equal((0, 0, "{}"), (Number(nobody, "total_jobs"), Number(nobody.GetProperty("throughput"), "last_hour"), nobody.GetProperty("by_queue").GetRawText()));
        Assert.NotEmpty((await host.Get("jobs/stats?queue=x")).About("queue"));
    }

    [Fact]
    public async Task Bulk_All_MeansEveryJob()
    {
        await using var host = await Start();
        await OneOfEach(host);
        var cancelled = (await host.Post("jobs/bulk/cancel", """{"all":true}""")).Expect(HttpStatusCode.OK);
        Assert.Equal((4, 1, 3), (Number(cancelled, "matched"), Number(cancelled, "cancelled"), Number(cancelled, "skipped")));
        Assert.Equal(4, Number((await host.Post("jobs/bulk/delete", """{"filter":{},"all":true}""")).Expect(HttpStatusCode.OK), "deleted"));
        Assert.Empty(await Statuses(host));
    }

    /// <summary>completed, failed, cancelled and pending.</summary>
    static async Task OneOfEach(JobApiHost host)
    {
        string[] jobs = ["""{"task_name":"echo","priority":"high"}""", """{"task_name":"fail","max_retries":0}""", """{"task_name":"echo","queue_name":"idle"}""", """{"task_name":"echo","queue_name":"idle"}"""];
        var ids = new List<string>();
        foreach (var job in jobs)
        {
            ids.Add((await host.Submit(job)).GetProperty("id").GetString()!);
        }
        await host.End(ids[0]);
        await host.End(ids[1]);
        (await host.Post($"jobs/{ids[2]}/cancel")).Expect(HttpStatusCode.OK);
    }

    static async Task<List<string?>> Statuses(JobApiHost host) =>
        [.. (await host.Get("jobs")).Json.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("status").GetString()).Order(StringComparer.Ordinal)];

    static int Number(JsonElement answer, string name) => answer.GetProperty(name).GetInt32();
}
