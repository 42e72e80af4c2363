using System.Net;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Bus;

[Collection(ApiTests.Name)]
public sealed class BadPayloadTests(SharedHost shared) : BadPayloadTestsOn(shared.Host);

[Collection(ServerApiTests.Name)]
public sealed class BadPayloadOnServersTests(SharedServers shared) : BadPayloadTestsOn(shared.Host);

/// <summary>What cannot be sent or stored fails alone: the jobs that came with it in one message go on as if nothing had been.</summary>
public abstract class BadPayloadTestsOn(JobApiHost api)
{
    const string Worker = "acted-worker";

    [Theory]
    [InlineData("""{"v":"\ud83d"}""")]
    [InlineData("""{"\udc00":[{"v":1}]}""")]
    public async Task Grant_ThatCannotBeSent_FailsAloneAndSaysSo(string kwargs)
    {
        // As rows from before the entrances refused such texts
        var jobs = Enumerable.Range(0, 9).Select(n => Job(n % 3 == 1 ? kwargs : """{"v":"fine"}""")).ToList();
        Assert.Null((await api.Services.GetRequiredService<JobInserter>().Submit(jobs, default)).Conflict);

        for (var n = 0; n < jobs.Count; n++)
        {
            var job = await api.End(jobs[n].JobId);
            Assert.Equal((n % 3 == 1 ? "failed" : "completed", 1, 0), (Text(job, "status"), job.GetProperty("attempt").GetInt32(), job.GetProperty("retry_count").GetInt32()));
            Assert.DoesNotContain("lease_lost", await Steps(jobs[n].JobId));
            if (n % 3 == 1)
            {
                Assert.Equal("payload_not_sendable", job.GetProperty("error").GetProperty("type").GetString());
                Assert.StartsWith("The job cannot be sent to a worker", job.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>One item of a report, what the job's status becomes and a part of its view.</summary>
    public static TheoryData<string, string, string> Reports => new()
    {
        { """{"step":"failed","retryable":false,"error":{"type":"\ud83d","message":"half \ud83d of a pair\u0000","stack":"\udc00"}}""", "failed", "half \uFFFD of a pair\uFFFD" },
        { """{"step":"failed","retryable":false,"error":{"type":null,"message":null}}""", "failed", "\"type\":\"failed\"" },
        { """{"step":"completed","result":{"a":["\ud83d"]}}""", "failed", "result_not_json" },
        { """{"step":"completed","result":"\ud83d\ude00 \\ud83d"}""", "completed", "\\\\ud83d" },
        { """{"step":"completed","progress":-1e300,"message":"a\u0000\udc00"}""", "completed", "\"progress\":100" },
        { """{"step":"completed","started_at":"0001-01-01T00:00:00Z","finished_at":"9999-12-31T23:59:59.9999999Z"}""", "completed", "\"duration\":0" },
        { """{"step":"failed","retry_after":1e300,"error":{"type":"t","message":"m"}}""", "retrying", "\"message\":\"m\"" },
        { """{"step":"snoozed","retry_after":1e300}""", "pending", "\"attempt\":1" },
        { """{"step":"completed","follow_ups":[{"task_name":"echo"},null]}""", "retrying", "follow_ups[1]: expected a JSON object; got null" },
        { """{"step":"completed","follow_ups":[{"task_name":"nope","title":"\ud83d"}]}""", "retrying", "follow_ups[0].title: expected valid Unicode" },
        { """{"step":"completed","follow_ups":[{"task_name":"echo","priority":"urgent","delay":-1}]}""", "retrying", "follow_ups[0].delay: expected" },
        { """{"step":"completed","follow_ups":[{"task_name":"echo"}],"traceparent":"nonsense"}""", "completed", "\"error\":null" },
        { """{"step":"completed","logs":[{"at":"0001-01-01T00:00:00Z","level":"l\u0000","message":"\ud83d\u0000"},null]}""", "completed", "\"error\":null" },
    };

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Report_WithAnythingInIt_IsKeptOrFailsItsOwnAttempt(string item, string status, string view)
    {
        var (bad, good) = (await Claimed(), await Claimed());

        await Report(Item(bad, item), Item(good, """{"step":"completed","result":1}"""));

        Assert.Equal("completed", Text(await api.End(good), "status"));
        await Eventually.Holds(async () => Text(await Get(bad), "status") == status, what: $"{bad} is {status}");
        Assert.Contains(view, (await api.Get($"jobs/{bad}")).Text.Replace("\\uFFFD", "\uFFFD", StringComparison.OrdinalIgnoreCase), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"job_id":"~","attempt":"one","step":"completed"}""")]
    [InlineData("""{"job_id":7,"attempt":1,"step":"completed"}""")]
    [InlineData("""{"job_id":"~","attempt":1}""")]
    [InlineData("""{"job_id":"~","attempt":1,"step":"failed","error":"text"}""")]
    [InlineData("null")]
    [InlineData("[{}]")]
    public async Task Report_ThatCannotBeRead_IsLeftOutAndTheOthersCount(string item)
    {
        var (bad, before, after) = (await Claimed(), await Claimed(), await Claimed());

        await Report(Item(before, """{"step":"completed"}"""), item.Replace("~", bad, StringComparison.Ordinal), Item(after, """{"step":"completed"}"""));

        Assert.Equal("completed", Text(await api.End(before), "status"));
        Assert.Equal("completed", Text(await api.End(after), "status"));
        Assert.Equal("reserved", Text(await Get(bad), "status"));
    }

    [Fact]
    public async Task Report_WithALogLineThatCannotBeRead_CountsAllTheSame()
    {
        var id = await Claimed();

        await Report(Item(id, """
            {"step":"completed","logs":[{"at":"soon","level":"error","message":"no time"},{"at":"2030-01-01T00:00:00Z","level":"error","message":"kept"}]}
            """));

        Assert.Equal("completed", Text(await api.End(id), "status"));
    }

    [Fact]
    public async Task Request_WithATaskThatCannotBeRead_CountsForTheOthers()
    {
        var (id, queue) = await Submit();
        await Send("RequestAttempts", Request(queue, """{"name":7},null,{"name":"echo","version":"1"}"""), BusAddresses.Requests);
        await Eventually.Holds(async () => Text(await Get(id), "status") == "reserved");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("\"many\"")]
    [InlineData("null")]
    [InlineData("1e9")]
    public async Task Request_ForAnOddNumber_HarmsNoOther(string count)
    {
        var (id, queue) = await Submit();
        await Send("RequestAttempts", Request("none", Echo, count), BusAddresses.Requests);
        await Send("RequestAttempts", Request(queue, Echo), BusAddresses.Requests);
        await Eventually.Holds(async () => Text(await Get(id), "status") == "reserved");
    }

    [Fact]
    public async Task Heartbeat_WithAnAttemptThatCannotBeRead_IsHeard()
    {
        var name = $"acted-{Guid.CreateVersion7():N}";
        await Send("WorkerHeartbeat", $$$"""
            {"worker_id":"{{{name}}}","name":"{{{name}}}","host":"h","version":"1","status":"running","started_at":"2030-01-01T00:00:00Z","sent_at":"2030-01-01T00:00:00Z",
             "queues":["idle"],"slots":1,"processed":0,"failed":0,"attempts":[{"job_id":"none","attempt":1}]}
            """, BusAddresses.Workers);
        await Eventually.Holds(async () => (await api.Get("workers?limit=1000")).Text.Contains(name, StringComparison.Ordinal), what: $"{name} is known");
    }

    /// <summary>A job that has been reserved for the acted worker.</summary>
    async Task<string> Claimed()
    {
        var (id, queue) = await Submit();
        await Send("RequestAttempts", Request(queue, Echo), BusAddresses.Requests);
        await Eventually.Holds(async () => Text(await Get(id), "status") == "reserved");
        return id;
    }

    /// <summary>Submits a job to a queue of its own, which no other worker serves.</summary>
    async Task<(string Id, string Queue)> Submit()
    {
        var queue = $"acted-{Guid.CreateVersion7():N}";
        return (Text(await api.Submit($$"""{"task_name":"echo","queue_name":"{{queue}}","max_retries":3}"""), "id"), queue);
    }

    const string Echo = """{"name":"echo","version":"1"}""";

    static string Request(string queue, string tasks, string count = "1") =>
        $$"""{"worker_id":"{{Worker}}","request_id":"{{Guid.CreateVersion7()}}","count":{{count}},"queues":["{{queue}}"],"tasks":[{{tasks}}]}""";

    Task Report(params string[] items) => Send("ReportAttempts", $$"""{"worker_id":"{{Worker}}","items":[{{string.Join(',', items)}}]}""");

    static string Item(string job, string rest) => $$"""{"job_id":"{{job}}","attempt":1,{{rest[1..]}}""";

    async Task Send(string type, string json, string address = BusAddresses.Lifecycle)
    {
        var endpoint = await api.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{address}"));
        var envelope = $$"""{"messageId":"{{Guid.CreateVersion7()}}","messageType":["urn:message:JobSystem.Contracts:{{type}}"],"message":{{json}}}""";
        await endpoint.Send(new Anything(), x => x.Serializer = new RawText(envelope, "application/vnd.masstransit+json"));
    }

    async Task<JsonElement> Get(string id) => (await api.Get($"jobs/{id}")).Expect(HttpStatusCode.OK);

    async Task<string[]> Steps(string id) => [.. (await api.Get($"jobs/{id}/events")).Json.GetProperty("items").EnumerateArray().Select(x => Text(x, "event"))];

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    static JobState Job(string kwargs) => new()
    {
        CorrelationId = Guid.CreateVersion7(),
        TaskName = "echo",
        QueueName = "default",
        Owner = "admin",
        Kwargs = kwargs,
        MaxRetries = 3,
        TimeoutSeconds = 60,
    };
}
