using System.Diagnostics;
using System.Net;
using System.Text;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using RabbitMQ.Client;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>The database goes and comes back: a message waits for it, a request hears of it in time.</summary>
public sealed class DatabaseAwayTests
{
    [Fact]
    public async Task Submit_WhileDatabaseIsAway_WaitsOnTheBusAndIs503OverHttp()
    {
        await using var postgres = await PostgresServer.StartPrivate();
        await using var vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var database = await postgres.CreateDatabase();
        await using var api = await JobApiHost.Start(("JOBSYSTEM_POSTGRES", database.Url), ("JOBSYSTEM_RABBITMQ", vhost.Url));
        await api.Submit("""{"task_name":"echo","queue_name":"idle"}""");
        await postgres.Stop();

        foreach (var path in (string[])["jobs", "jobs/batch", "jobs/run-sync"])
        {
            var body = path == "jobs/batch" ? """{"jobs":[{"task_name":"echo"}]}""" : """{"task_name":"echo"}""";
            await Is503(() => api.Post(path, body));
        }
        await Is503(() => api.Get("jobs"));
        await Is503(() => api.Get("jobs/0195d3a5-7e43-7b57-8d3a-0123456789ab"));
        await Is503(() => api.Post("jobs/0195d3a5-7e43-7b57-8d3a-0123456789ab/cancel"));
        await Send(vhost.Url, """{"task_name":"echo","queue_name":"idle","job_id":"patient"}""");
        await Eventually.Holds(() => api.Log.Lines.Any(x => x.Contains("retrying SubmitJob", StringComparison.Ordinal)));

        await postgres.Start();
        await Eventually.Passes(async () => Assert.Equal(HttpStatusCode.OK, (await api.Get("jobs/patient")).Status));
    }

    static async Task Is503(Func<Task<Reply>> call)
    {
        var clock = Stopwatch.StartNew();
        var reply = await call();
        reply.Refused(HttpStatusCode.ServiceUnavailable, "service_unavailable");
        Assert.NotNull(reply.Headers.RetryAfter);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
    }

    static async Task Send(string url, string json)
    {
        await using var connection = await new ConnectionFactory { Uri = new(url) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new(true, true));
        await channel.BasicPublishAsync("", "submit-job", true, new BasicProperties { ContentType = "application/json", Persistent = true }, Encoding.UTF8.GetBytes(json));
    }
}
