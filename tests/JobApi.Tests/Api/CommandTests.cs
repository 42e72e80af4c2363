using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class CommandTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;

    [Fact]
    public async Task Cancel_Waiting_IsCancelledAtOnce()
    {
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        var job = (await api.Post($"jobs/{id}/cancel", """{"reason":"User-initiated cancellation"}""")).Expect(HttpStatusCode.OK);
        Assert.Equal("cancelled", job.GetProperty("status").GetString());
        Assert.Equal("User-initiated cancellation", job.GetProperty("cancel_reason").GetString());
        Assert.NotEqual(JsonValueKind.Null, job.GetProperty("completed_at").ValueKind);
        (await api.Post($"jobs/{id}/cancel")).Refused(HttpStatusCode.Conflict, "job_final");
    }

    [Fact]
    public async Task Cancel_Running_IsRequested()
    {
        var id = await Submit("""{"task_name":"sleep","kwargs":{"seconds":30}}""");
        await Support.Eventually.Passes(async () => Assert.Equal("running", await Status(id)));
        var job = (await api.Post($"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
        Assert.NotEqual(JsonValueKind.Null, job.GetProperty("cancel_requested_at").ValueKind);
        Assert.Equal("cancelled", (await api.End(id)).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"reason":5}""", "reason")]
    [InlineData("""{"why":"x"}""", "why")]
    [InlineData("""{"reason":"a","reason":"b"}""", "reason")]
    [InlineData("[]", "body")]
    public async Task Cancel_BadBody_NamesField(string json, string field) =>
        Assert.NotEmpty((await api.Post("jobs/nobody/cancel", json)).About(field));

    [Fact]
    public async Task Retry_Cancelled_RunsAgain()
    {
        var id = await Submit("""{"task_name":"echo","delay":3600,"args":["again"]}""");
        (await api.Post($"jobs/{id}/retry")).Refused(HttpStatusCode.Conflict, "job_not_final");
        await api.Post($"jobs/{id}/cancel");
        (await api.Post($"jobs/{id}/retry")).Expect(HttpStatusCode.OK);
        Assert.Equal("completed", (await api.End(id)).GetProperty("status").GetString());
        (await api.Post($"jobs/{id}/retry")).Refused(HttpStatusCode.Conflict, "job_completed");
    }

    [Fact]
    public async Task CancelAndRetry_FiftyAtOnce_HaveOneEffectEach()
    {
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        await OneOf(() => api.Post($"jobs/{id}/cancel"), "job_final");
        await OneOf(() => api.Post($"jobs/{id}/retry", """{"delay":3600}"""), "job_not_final");
        var words = (await api.Get($"jobs/{id}/events")).Expect(HttpStatusCode.OK).GetProperty("items").EnumerateArray().Select(x => x.GetProperty("event").GetString()).ToList();
        Assert.Single(words, "cancelled");
        Assert.Single(words, "retry_requested");
    }

    static async Task OneOf(Func<Task<Reply>> call, string code)
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => call()));
        Assert.Single(replies, x => x.Status == HttpStatusCode.OK);
        foreach (var other in replies.Where(x => x.Status != HttpStatusCode.OK))
        {
            other.Refused(HttpStatusCode.Conflict, code);
        }
    }

    [Fact]
    public async Task Retry_WithDelay_Waits()
    {
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        await api.Post($"jobs/{id}/cancel");
        Assert.Equal("pending", (await api.Post($"jobs/{id}/retry", """{"delay":3600}""")).Expect(HttpStatusCode.OK).GetProperty("status").GetString());
        (await api.Post($"jobs/{id}/retry", """{"delay":-1}""")).Refused(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Delete_OnlyWhenFinal()
    {
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        (await api.Send(HttpMethod.Delete, $"jobs/{id}", null)).Refused(HttpStatusCode.Conflict, "job_not_final");
        await api.Post($"jobs/{id}/cancel");
        (await api.Send(HttpMethod.Delete, $"jobs/{id}", null)).Expect(HttpStatusCode.NoContent);
        (await api.Send(HttpMethod.Delete, $"jobs/{id}", null)).Refused(HttpStatusCode.NotFound, "job_not_found");
    }

    [Theory]
    [InlineData("GET", "jobs/nobody")]
    [InlineData("GET", "jobs/nobody/events")]
    [InlineData("GET", "jobs/nobody/logs")]
    [InlineData("GET", "jobs/nobody/wait")]
    [InlineData("POST", "jobs/nobody/cancel")]
    [InlineData("POST", "jobs/nobody/retry")]
    [InlineData("GET", "jobs/no%20body")]
    [InlineData("GET", "jobs/%F0%9F%98%80")]
    [InlineData("GET", "jobs/0195d3a5-7e43-7b57-8d3a-0123456789ab")]
    public async Task Any_UnknownJob_Is404(string method, string path) =>
        (await api.Send(new(method), path, null)).Refused(HttpStatusCode.NotFound, "job_not_found");

    [Fact]
    public async Task Wait_NotFinal_Is202()
    {
        var id = await Submit("""{"task_name":"echo","queue_name":"idle"}""");
        Assert.Equal("pending", (await api.Get($"jobs/{id}/wait?timeout=0.05")).Expect(HttpStatusCode.Accepted).GetProperty("status").GetString());
        Assert.StartsWith("expected a number of seconds from 0 to 300", (await api.Get($"jobs/{id}/wait?timeout=x")).About("timeout"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_AndLogs_TellTheLife()
    {
        var id = await Submit("""{"task_name":"echo","args":[1]}""");
        await api.End(id);
        var events = (await api.Get($"jobs/{id}/events")).Expect(HttpStatusCode.OK);
        Assert.Equal("created", events.GetProperty("items")[0].GetProperty("event").GetString());
        Assert.Equal("completed", events.GetProperty("items").EnumerateArray().Last().GetProperty("event").GetString());
        Assert.EndsWith("Z", events.GetProperty("items")[0].GetProperty("at").GetString(), StringComparison.Ordinal);
        Assert.Equal(["event", "at", "attempt", "worker_id", "details"], events.GetProperty("items")[0].EnumerateObject().Select(x => x.Name));
        Assert.False(events.GetProperty("truncated").GetBoolean());
        Assert.Equal(events.GetProperty("total").GetInt32(), events.GetProperty("items").GetArrayLength());
        var logs = (await api.Get($"jobs/{id}/logs?attempt=1&limit=5")).Expect(HttpStatusCode.OK);
        Assert.Equal(JsonValueKind.Array, logs.GetProperty("items").ValueKind);
        Assert.NotEmpty((await api.Get($"jobs/{id}/logs?attempt=none&colour=red")).About("colour"));
    }

    async Task<string> Submit(string json) => (await api.Submit(json)).GetProperty("id").GetString()!;

    async Task<string?> Status(string id) => (await api.Get($"jobs/{id}")).Json.GetProperty("status").GetString();
}
