using System.Net;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class RunSyncTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;

    [Fact]
    public async Task Post_Completed_AnswersBareResult()
    {
        var reply = await api.Post("jobs/run-sync", """{"task_name":"echo","args":[42],"kwargs":{"format":"json"}}""");
        var result = reply.Expect(HttpStatusCode.OK);
        Assert.Equal("[42]", result.GetProperty("args").GetRawText());
        Assert.StartsWith("/api/v1/jobs/", reply.Headers.Location?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_Failed_Is422WithError()
    {
        var reply = await api.Post("jobs/run-sync", """{"task_name":"fail","kwargs":{"message":"no luck","retryable":false}}""");
        var problem = reply.Refused(HttpStatusCode.UnprocessableEntity, "job_failed");
        Assert.Equal("no luck", problem.GetProperty("error").GetProperty("message").GetString());
        Assert.Contains("no luck", reply.Detail, StringComparison.Ordinal);
        Assert.Equal("failed", problem.GetProperty("job_status").GetString());
    }

    [Fact]
    public async Task Post_TooSlow_Is504WithLocation()
    {
        var reply = await api.Post("jobs/run-sync", """{"task_name":"echo","queue_name":"idle","wait_timeout":0.1}""");
        reply.Refused(HttpStatusCode.GatewayTimeout, "job_still_running");
        Assert.Equal("pending", (await api.Get(reply.Headers.Location!.ToString()["/api/v1/".Length..])).Expect(HttpStatusCode.OK).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Post_Expired_Is422()
    {
        var reply = await api.Post("jobs/run-sync", """{"task_name":"echo","queue_name":"idle","expires_in":0.3,"wait_timeout":20}""");
        reply.Refused(HttpStatusCode.UnprocessableEntity, "job_expired");
    }

    [Fact]
    public async Task Post_Bad_NamesField()
    {
        var reply = await api.Post("jobs/run-sync", """{"task_name":"echo","wait_timeout":-1}""");
        Assert.StartsWith("expected a number of seconds from 0 to 300", reply.About("wait_timeout"), StringComparison.Ordinal);
        Assert.StartsWith("Failed to run job: wait_timeout: ", reply.Detail, StringComparison.Ordinal);
    }
}
