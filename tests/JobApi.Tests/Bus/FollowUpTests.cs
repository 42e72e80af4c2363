using System.Net;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using JobSystem.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>A worker on the broker whose tasks enqueue follow-up jobs, and two instances that handle its reports.</summary>
public sealed class FollowUpTests
{
    [Fact]
    public async Task Worker_OnTheBroker_EnqueuesWithTheEndOfItsAttempts()
    {
        const int Jobs = 40;
        await using var first = await JobApiHost.StartOnServers();
        await using var second = await first.Another();
        await using var worker = Worker(BrokerOf(first), x =>
        {
            x.MapTask("begin", (TaskContext job) =>
            {
                var next = job.Then("go_on", new { from = job.JobId }, y => y.Queue("next"));
                job.Then("go_on", new { from = job.JobId }, y => y.Queue("next").IdempotencyKey("one for all"));
                return job.Attempt == 1 ? throw new InvalidOperationException("first") : next;
            });
            x.MapTask("go_on", (string from, TaskContext job) => $"{from == job.ParentId} {job.QueueName}");
        });
        await worker.StartAsync();
        foreach (var host in (JobApiHost[])[first, second])
        {
            await Eventually.Holds(async () => (await host.Get("tasks/go_on")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(30));
        }

        var parents = (await first.Batch(Jobs, """{"task_name":"begin","retry_delay":0}""")).ToList();

        foreach (var parent in parents)
        {
            var ended = await second.End(parent);
            Assert.Equal(("completed", 2), (ended.Text("status"), ended.Whole("attempt")));
            var next = await first.End(ended.Text("result"));
            Assert.Equal(("completed", "True next", parent), (next.Text("status"), next.Text("result"), next.Text("parent_id")));
        }
        var all = (await first.Get("jobs?task_name=go_on&limit=1000")).Json.GetProperty("items").EnumerateArray().Select(x => x.Text("parent_id")).ToList();
        Assert.Equal(Jobs + 1, all.Count);
        Assert.Equal(Jobs, all.Distinct().Count());
    }

    [Fact]
    public async Task Worker_OnTheBroker_EnqueuesAtOnce()
    {
        const int Jobs = 20;
        await using var first = await JobApiHost.StartOnServers();
        await using var second = await first.Another();
        await using var worker = Worker(BrokerOf(first), x =>
        {
            x.MapTask("begin_now", async (TaskContext job, CancellationToken ct) =>
            {
                var mine = await job.Enqueue("go_on_now", new { from = job.JobId }, y => y.Queue("next").IdempotencyKey($"{job.JobId}/next"), ct);
                await job.Enqueue("go_on_now", new { from = "each attempt" }, y => y.Queue("next"), ct);
                return job.Attempt == 1 ? throw new InvalidOperationException("first") : mine;
            });
            x.MapTask("begin_wrong", async (TaskContext job, CancellationToken ct) =>
            {
                try
                {
                    return await job.Enqueue("go_on_now", new { form = 1 }, cancellationToken: ct);
                }
                catch (JobRefusedException refused)
                {
                    return $"{refused.Code} {string.Join(' ', refused.Errors.Keys.Order())} {refused.Message}";
                }
            });
            x.MapTask("go_on_now", (string from, TaskContext job) => from == job.ParentId);
        });
        await worker.StartAsync();
        foreach (var host in (JobApiHost[])[first, second])
        {
            await Eventually.Holds(async () => (await host.Get("tasks/go_on_now")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(30));
        }

        var parents = (await first.Batch(Jobs, """{"task_name":"begin_now","retry_delay":0}""")).ToList();

        foreach (var parent in parents)
        {
            var ended = await second.End(parent);
            Assert.Equal(("completed", 2), (ended.Text("status"), ended.Whole("attempt")));
            Assert.Equal("true", (await first.End(ended.Text("result"))).GetProperty("result").GetRawText());
            Assert.Equal(3, (await first.Get($"jobs?parent_id={parent}")).Json.GetProperty("total").GetInt32());
        }
        var wrong = (await first.End((await first.Submit("""{"task_name":"begin_wrong"}""")).Text("id"))).Text("result");
        Assert.StartsWith("validation_failed kwargs.form kwargs.from Failed to enqueue job: kwargs.", wrong, StringComparison.Ordinal);
    }

    static string BrokerOf(JobApiHost host) => host.Services.GetRequiredService<IConfiguration>()["JOBSYSTEM_RABBITMQ"]!;

    internal static JobWorker Worker(string broker, Action<JobWorkerBuilder> map)
    {
        var builder = JobWorker.CreateBuilder().UseRabbitMq();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_RABBITMQ"] = broker,
            ["JOBSYSTEM_WORKER_NAME"] = "following",
        });
        map(builder);
        return builder.Build();
    }
}
