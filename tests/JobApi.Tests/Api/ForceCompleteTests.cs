using System.Net;
using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class ForceCompleteTests(SharedHost shared) : ForcedCompletion(shared.Host);

[Collection(ServerApiTests.Name)]
public sealed class ServerForceCompleteTests(SharedServers shared) : ForcedCompletion(shared.Host);

public abstract class ForcedCompletion(JobApiHost api)
{
    [Fact]
    public async Task Waiting_IsCompletedByHand_AndNeverStarts()
    {
        var id = await Submit("""{"task_name":"echo","delay":1}""");
        var job = (await api.Post($"jobs/{id}/force-complete", """{"result":{"by":["hand"]},"reason":"done on paper"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal("""{"by":["hand"]}""", job.GetProperty("result").GetRawText());
        Assert.Equal(100, job.GetProperty("progress").GetDouble());
        var steps = await Steps(id);
        Assert.Equal(["created", "force_completed", "completed"], steps.Select(Word));
        Assert.Equal("""{"reason":"done on paper","by":"admin","status":"pending"}""", steps[1].GetProperty("details").GetRawText());
        await Task.Delay(1500);
        Assert.Equal(0, (await api.Get($"jobs/{id}")).Json.GetProperty("attempt").GetInt32());
        (await api.Post($"jobs/{id}/force-complete")).Refused(HttpStatusCode.Conflict, "job_final");
    }

    [Fact]
    public async Task Running_IsCompleted_ItsWorkerStops_AndItsReportIsRefused()
    {
        var id = await Submit("""{"task_name":"sleep","kwargs":{"seconds":60}}""");
        await Eventually.Passes(async () => Assert.Equal("running", (await api.Get($"jobs/{id}")).Json.GetProperty("status").GetString()));
        var job = (await api.Post($"jobs/{id}/force-complete", """{"result":"enough"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal(("completed", "\"enough\""), (job.GetProperty("status").GetString(), job.GetProperty("result").GetRawText()));
        // The worker was told to stop: its report comes long before the minute is over
        await Eventually.Passes(async () => Assert.Equal("report_refused", Word((await Steps(id))[^1])));
        var after = (await api.Get($"jobs/{id}")).Json;
        Assert.Equal(("completed", "\"enough\""), (after.GetProperty("status").GetString(), after.GetProperty("result").GetRawText()));
    }

    [Fact]
    public async Task Retrying_IsCompleted_AndForgetsItsError()
    {
        var id = await Submit("""{"task_name":"fail","max_retries":3,"retry_delay":3600}""");
        await Eventually.Passes(async () => Assert.Equal("retrying", (await api.Get($"jobs/{id}")).Json.GetProperty("status").GetString()));
        var job = (await api.Post($"jobs/{id}/force-complete")).Expect(HttpStatusCode.OK);
        Assert.Equal("completed", job.GetProperty("status").GetString());
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (job.GetProperty("result").ValueKind, job.GetProperty("error").ValueKind));
    }

    [Fact]
    public async Task Broadcast_IsCompleted_AndItsChildrenStop()
    {
        await api.HasWorker();
        var id = await Submit("""{"task_name":"sleep","kwargs":{"seconds":60},"broadcast":true}""");
        await Eventually.Passes(async () => Assert.Contains("running", await Children(id)));
        (await api.Post($"jobs/{id}/force-complete")).Expect(HttpStatusCode.OK);
        await Eventually.Passes(async () => Assert.All(await Children(id), x => Assert.Equal("cancelled", x)));
        Assert.Equal("completed", (await api.Get($"jobs/{id}")).Json.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"reason":5}""", "reason")]
    [InlineData("""{"status":"completed"}""", "status")]
    [InlineData("[]", "body")]
    public async Task BadBody_NamesField(string json, string field) => Assert.NotEmpty((await api.Post("jobs/nobody/force-complete", json)).About(field));

    [Fact]
    public async Task Result_TooLarge_IsRefused()
    {
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        var reply = await api.Post($"jobs/{id}/force-complete", $$"""{"result":"{{new string('x', 256 * 1024)}}"}""");
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal("expected at most 262144 bytes of JSON; got 262146 bytes", reply.About("result"));
    }

    [Fact]
    public async Task UnknownJob_Is404() => (await api.Post("jobs/nobody/force-complete")).Refused(HttpStatusCode.NotFound, "job_not_found");

    async Task<string> Submit(string json) => (await api.Submit(json)).GetProperty("id").GetString()!;

    async Task<List<JsonElement>> Steps(string id) => [.. (await api.Get($"jobs/{id}/events")).Json.GetProperty("items").EnumerateArray()];

    async Task<List<string?>> Children(string id) =>
        [.. (await api.Get($"jobs?parent_id={id}")).Json.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("status").GetString())];

    static string? Word(JsonElement step) => step.GetProperty("event").GetString();
}
