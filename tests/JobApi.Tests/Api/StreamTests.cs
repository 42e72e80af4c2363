using System.Net;
using JobSystem.JobApi.Storage;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class StreamTests(SharedHost shared) : Streaming(shared.Host)
{
    [Theory]
    [InlineData("events/stream?event=finished", "event", "expected one of created, dispatched, reserved")]
    [InlineData("events/stream?status=waiting", "status", "expected one of pending, reserved")]
    [InlineData("events/stream?queue_name=a%2Fb", "queue_name", "expected a queue name")]
    [InlineData("events/stream?colour=red", "colour", "unknown parameter; expected queue_name, task_name, event, status, owner")]
    [InlineData("jobs/nobody/stream?colour=red", "colour", "unknown parameter")]
    public async Task BadParameter_IsNamed(string path, string field, string message)
    {
        var reply = await Api.Get(path);
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.StartsWith(message, reply.About(field), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OwnerWithAsManyStreamsAsAllowed_IsRefusedUntilOneEnds()
    {
        await using var host = await JobApiHost.Start(("JOBSYSTEM_LIMIT_STREAMS", "2"));
        var id = (await host.Submit("""{"task_name":"echo","queue_name":"idle"}""")).GetProperty("id").GetString();
        await using var all = await EventStream.Open(host.Http, "events/stream");
        var job = await EventStream.Open(host.Http, $"jobs/{id}/stream");
        foreach (var path in (string[])["events/stream", $"jobs/{id}/stream"])
        {
            var refused = await host.Get(path);
            refused.Refused(HttpStatusCode.TooManyRequests, "too_many_streams");
            Assert.StartsWith("\"admin\" has 2 open streams here, as many as are allowed", refused.Detail, StringComparison.Ordinal);
            Assert.NotNull(refused.Headers.RetryAfter);
        }
        await job.DisposeAsync();
        await Eventually.Holds(async () => await Opens(host), TimeSpan.FromSeconds(10));
    }

    static async Task<bool> Opens(JobApiHost host)
    {
        using var answer = await host.Http.GetAsync("/api/v1/events/stream", HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    [Fact]
    public async Task SilentStream_SaysThatItIsAlive()
    {
        await using var host = await JobApiHost.Start(("JOBSYSTEM_STREAM_HEARTBEAT_SECONDS", "0.2"));
        var id = (await host.Submit("""{"task_name":"echo","queue_name":"idle"}""")).GetProperty("id").GetString();
        await using var job = await EventStream.Open(host.Http, $"jobs/{id}/stream");
        await using var all = await EventStream.Open(host.Http, "events/stream?queue_name=nothing");
        Assert.Equal("created", (await job.Next())!.Word);
        Assert.Equal([":", ":", ":", ":"], [(await job.Next(comments: true))!.Word, (await job.Next(comments: true))!.Word, (await all.Next(comments: true))!.Word, (await all.Next(comments: true))!.Word]);
    }
}

/// <summary>The same over RabbitMQ and PostgreSQL.</summary>
[Collection(ServerApiTests.Name)]
public sealed class ServerStreamTests(SharedServers shared) : Streaming(shared.Host)
{
    [Fact]
    public async Task AllJobs_StepsTakenByAnotherInstance_ArriveToo()
    {
        await using var other = await Api.Another();
        await using var all = await EventStream.Open(other.Http, "events/stream?event=created");
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        Assert.Equal(id, (await all.Next())!.JobId);
        // An id of one instance says nothing to another
        await using var resumed = await EventStream.Open(Api.Http, "events/stream?event=created", (await Created(all)).Id);
        Assert.Equal(("reset", "unknown_position"), (await resumed.Next()) is { } reset ? (reset.Word, reset.Data.GetProperty("reason").GetString()) : default);
        var next = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        Assert.Equal(next, (await resumed.Next())!.JobId);
    }

    async Task<StreamedEvent> Created(EventStream all)
    {
        await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        return (await all.Next())!;
    }
}

public abstract class Streaming(JobApiHost api)
{
    protected JobApiHost Api => api;

    [Fact]
    public async Task OneJob_EveryStepUntilTheEnd()
    {
        var id = await Submit("""{"task_name":"sleep","kwargs":{"seconds":0.5}}""");
        await using var stream = await EventStream.Open(api.Http, $"jobs/{id}/stream");
        Assert.Equal("text/event-stream", stream.ContentType);
        var events = await stream.Rest();
        Assert.Equal(["created", "reserved", "running", "completed"], events.Select(x => x.Word).Where(x => x != "progress"));
        Assert.Equal(["event", "at", "attempt", "worker_id", "details"], events[0].Data.EnumerateObject().Select(x => x.Name));
        Assert.Equal(events.Count, events.Select(x => x.Id).Distinct().Count());
        var steps = (await api.Get($"jobs/{id}/events")).Json.GetProperty("items").EnumerateArray().Select(x => x.GetRawText());
        Assert.Equal(steps, events.Select(x => x.Data.GetRawText()));
    }

    [Fact]
    public async Task OneJob_Resumed_MissesNothing_AndIsDoneAfterItsLastStep()
    {
        var id = await Submit("""{"task_name":"echo"}""");
        await api.End(id);
        await using var whole = await EventStream.Open(api.Http, $"jobs/{id}/stream");
        var events = await whole.Rest();
        for (var seen = 0; seen < events.Count - 1; seen++)
        {
            await using var rest = await EventStream.Open(api.Http, $"jobs/{id}/stream", events[seen].Id);
            Assert.Equal(events.Skip(seen + 1).Select(x => x.Id), (await rest.Rest()).Select(x => x.Id));
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/jobs/{id}/stream") { Headers = { { "Last-Event-ID", events[^1].Id } } };
        using var answer = await api.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await using var stranger = await EventStream.Open(api.Http, $"jobs/{id}/stream", "no-such-id");
        Assert.Equal(["reset", .. events.Select(x => x.Word)], (await stranger.Rest()).Select(x => x.Word));
    }

    [Fact]
    public async Task OneJob_RetriedAfterItsEnd_GoesOn()
    {
        var id = await Submit("""{"task_name":"echo","delay":3600}""");
        await api.Post($"jobs/{id}/cancel");
        await api.Post($"jobs/{id}/retry", """{"delay":1}""");
        await using var stream = await EventStream.Open(api.Http, $"jobs/{id}/stream");
        var words = (await stream.Rest()).Select(x => x.Word).ToList();
        Assert.Equal(["created", "cancelled", "retry_requested"], words[..3]);
        Assert.Equal("completed", words[^1]);
    }

    [Fact]
    public async Task OneJob_Unknown_Is404() => (await api.Get("jobs/nobody/stream")).Refused(HttpStatusCode.NotFound, "job_not_found");

    [Fact]
    public async Task AllJobs_FiltersByQueueAndWord_AndResumes()
    {
        var queue = $"idle-{Guid.CreateVersion7():N}";
        await using var stream = await EventStream.Open(api.Http, $"events/stream?queue_name={queue}&event=created&status=cancelled&owner=admin&task_name=echo,sleep");
        var ids = (await api.Batch(20, $$"""{"task_name":"echo","queue_name":"{{queue}}"}""")).ToList();
        await Submit("""{"task_name":"echo"}""");
        var created = await stream.Take(20);
        Assert.Equal(ids, created.Select(x => x.JobId));
        Assert.All(created, x => Assert.Equal(("created", queue), (x.Word, x.Data.GetProperty("queue_name").GetString())));
        await stream.DisposeAsync();

        (await api.Post("jobs/bulk/cancel", $$"""{"filter":{"queue_name":"{{queue}}"} }""")).Expect(HttpStatusCode.OK);
        await using var resumed = await EventStream.Open(api.Http, $"events/stream?queue_name={queue}", created[9].Id);
        var rest = await resumed.Take(30);
        Assert.Equal(ids[10..], rest[..10].Select(x => x.JobId));
        Assert.All(rest[10..], x => Assert.Equal("cancelled", x.Word));
        Assert.Equal(ids.Order(), rest[10..].Select(x => x.JobId).Order());
    }

    [Fact]
    public async Task AllJobs_UnknownPosition_IsToldToBeginAnew()
    {
        await using var stream = await EventStream.Open(api.Http, "events/stream", "elsewhere-17");
        var reset = (await stream.Next())!;
        Assert.Equal(("reset", """{"reason":"unknown_position"}"""), (reset.Word, reset.Data.GetRawText()));
    }

    [Fact]
    public async Task TwoHundredStreams_AllHearTheEnd()
    {
        var id = await Submit("""{"task_name":"sleep","kwargs":{"seconds":2}}""");
        var queue = $"idle-{Guid.CreateVersion7():N}";
        var ofJob = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => EventStream.Open(api.Http, $"jobs/{id}/stream")));
        var ofAll = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => EventStream.Open(api.Http, $"events/stream?queue_name={queue}&event=created")));
        var ids = (await api.Batch(50, $$"""{"task_name":"echo","queue_name":"{{queue}}"}""")).ToList();
        Assert.All(await Task.WhenAll(ofAll.Select(x => x.Take(50))), x => Assert.Equal(ids, x.Select(e => e.JobId)));
        Assert.All(await Task.WhenAll(ofJob.Select(x => x.Rest())), x => Assert.Equal("completed", x[^1].Word));
        foreach (var stream in ofJob.Concat(ofAll))
        {
            await stream.DisposeAsync();
        }
    }

    protected async Task<string> Submit(string json) => (await api.Submit(json)).GetProperty("id").GetString()!;
}
