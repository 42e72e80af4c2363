using System.Net;
using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Api;

public sealed class WorkerTests : WorkerSteering
{
    protected override Task<JobApiHost> Start(params (string Name, string? Value)[] settings) => JobApiHost.Start(settings);

    [Theory]
    [InlineData("workers/tester/ping", """{"timeout":0}""", "timeout", "expected a number of seconds greater than 0 and at most 60; got 0")]
    [InlineData("workers/tester/shutdown", """{"graceful":"no"}""", "graceful", "expected true or false; got \"no\"")]
    [InlineData("workers/tester/pause", """{"command":"ping"}""", "command", "unknown member; expected timeout, graceful")]
    [InlineData("workers/broadcast", """{"command":"dance"}""", "command", "expected one of status, shutdown, pause, resume, reload; got \"dance\"")]
    [InlineData("workers/broadcast", "{}", "command", "expected one of status, shutdown, pause, resume, reload; got nothing")]
    [InlineData("workers/broadcast", """{"command":"status","queue_name":"a b"}""", "queue_name", "expected a queue name of 1 to 64 letters, digits, '.', '_' or '-'; got \"a b\"")]
    public async Task Post_BadBody_NamesFieldAndWhatWasExpected(string path, string json, string field, string message)
    {
        await using var host = await Start();

        var reply = await host.Post(path, json);

        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(message, reply.About(field));
    }

    [Theory]
    [InlineData("GET", "workers/nobody")]
    [InlineData("POST", "workers/nobody/ping")]
    public async Task AnyCall_UnknownWorker_IsNotFound(string method, string path)
    {
        await using var host = await Start();

        (await host.Send(new(method), path, null)).Refused(HttpStatusCode.NotFound, "worker_not_found");
    }
}

/// <summary>The same over RabbitMQ and PostgreSQL.</summary>
public sealed class RabbitWorkerTests : WorkerSteering
{
    protected override Task<JobApiHost> Start(params (string Name, string? Value)[] settings) => JobApiHost.StartOnServers(settings);
}

public abstract class WorkerSteering
{
    /// <summary>On a busy machine the default of 5 s is soon over.</summary>
    const string patient = """{"timeout":30}""";

    protected abstract Task<JobApiHost> Start(params (string Name, string? Value)[] settings);

    [Fact]
    public async Task List_Worker_IsShownAsItsHeartbeatSays()
    {
        await using var host = await Start(("JOBSYSTEM_SLOTS", "5"), ("JOBSYSTEM_RENEW_SECONDS", "0.2"));
        var id = (await host.Submit("""{"task_name":"sleep","kwargs":{"seconds":60}}""")).GetProperty("id").GetString()!;
        await host.End((await host.Submit("""{"task_name":"fail","max_retries":0}""")).GetProperty("id").GetString()!);
        JsonElement worker = default;
        await Eventually.Holds(async () =>
        {
            worker = (await host.Get("workers")).Json.GetProperty("items")[0];
            return worker.GetProperty("running").GetInt32() == 1 && worker.GetProperty("failed").GetInt32() == 1 && worker.GetProperty("status").GetString() == "running";
        }, TimeSpan.FromSeconds(20));

        Assert.Equal("tester", worker.GetProperty("name").GetString());
        Assert.Equal(5, worker.GetProperty("slots").GetInt32());
        Assert.Equal(1, worker.GetProperty("processed").GetInt32());
        Assert.Equal(["default"], worker.GetProperty("queues").EnumerateArray().Select(x => x.GetString()));
        Assert.True(worker.GetProperty("is_healthy").GetBoolean());
        var detail = (await host.Get($"workers/{worker.GetProperty("id").GetString()}")).Expect(HttpStatusCode.OK);
        Assert.Equal(id, detail.GetProperty("attempts")[0].GetProperty("job_id").GetString());
        Assert.Empty((await host.Get("workers?status=lost")).Json.GetProperty("items").EnumerateArray());
        (await host.Post($"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ping_LiveWorker_AnswersWithTheRoundTrip()
    {
        await using var host = await Start();
        await host.HasWorker();

        var answer = (await host.Post("workers/tester/ping", patient)).Expect(HttpStatusCode.OK);

        Assert.True(answer.GetProperty("success").GetBoolean());
        Assert.InRange(answer.GetProperty("round_trip_ms").GetDouble(), 0.01, 5000);
    }

    [Fact]
    public async Task Pause_Worker_StartsNothingUntilResumed()
    {
        await using var host = await Start();
        await host.HasWorker();
        Assert.Equal("paused", (await host.Post("workers/tester/pause", patient)).Expect(HttpStatusCode.OK).GetProperty("status").GetString());
        await Task.Delay(300);

        var id = (await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!;
        await Task.Delay(1000);
        Assert.Equal("pending", (await host.Get($"jobs/{id}")).Json.GetProperty("status").GetString());
        await Eventually.Holds(async () => (await host.Get("workers/tester")).Json.GetProperty("status").GetString() == "paused", TimeSpan.FromSeconds(20));

        (await host.Post("workers/tester/resume", patient)).Expect(HttpStatusCode.OK);
        Assert.Equal("completed", (await host.End(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Broadcast_CollectsTheAnswers()
    {
        await using var host = await Start();
        await host.HasWorker();

        var answer = (await host.Post("workers/broadcast", """{"command":"reload","timeout":30}""")).Expect(HttpStatusCode.OK);

        Assert.Equal(1, answer.GetProperty("total").GetInt32());
        Assert.Equal("tester", answer.GetProperty("answers")[0].GetProperty("name").GetString());
        Assert.True(answer.GetProperty("answers")[0].GetProperty("success").GetBoolean());
        Assert.Empty(answer.GetProperty("silent").EnumerateArray());
        Assert.Equal("completed", (await host.End((await host.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Broadcast_HardlyWaits_SaysWhoWasSilent()
    {
        await using var host = await Start();
        await host.HasWorker();

        (await host.Post("workers/broadcast", """{"command":"status"}""")).Expect(HttpStatusCode.OK);
        foreach (var reply in await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.Post("workers/broadcast", """{"command":"status","timeout":0.001}"""))))
        {
            var answer = reply.Expect(HttpStatusCode.OK);
            Assert.Equal(1, answer.GetProperty("answers").GetArrayLength() + answer.GetProperty("silent").GetArrayLength());
        }
    }

    [Fact]
    public async Task Shutdown_WorkerBesideOtherServices_Refuses()
    {
        await using var host = await Start();
        await host.HasWorker();

        (await host.Post("workers/tester/shutdown", patient)).Refused(HttpStatusCode.Conflict, "worker_refused");
    }
}
