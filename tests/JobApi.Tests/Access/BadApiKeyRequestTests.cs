using System.Net;
using JobSystem.JobApi.Tests.Api;

namespace JobSystem.JobApi.Tests.Access;

[Collection(ApiTests.Name)]
public sealed class BadApiKeyRequestTests(SharedHost shared)
{
    [Theory]
    [InlineData("{}", "name", "expected a string of 1 to 200 characters without control characters; got nothing")]
    [InlineData("""{"name":""}""", "name", "got \"\"")]
    [InlineData("""{"name":7}""", "name", "got 7")]
    [InlineData("""{"name":"x","owner":"a\nb"}""", "owner", "expected a string of 1 to 200 characters")]
    [InlineData("""{"name":"x","permissions":"admin"}""", "permissions", "expected an array of view_jobs, manage_jobs, run_jobs, admin; got \"admin\"")]
    [InlineData("""{"name":"x","permissions":["view_jobs"],"queues":["mails"]}""", "queues", "expected only with the permission run_jobs: they say which jobs a worker may run")]
    [InlineData("""{"name":"x","permissions":["run_jobs"],"tasks":["a b"]}""", "tasks[0]", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got \"a b\"")]
    [InlineData("""{"name":"x","permissions":["view_jobs","root"]}""", "permissions[1]", "expected one of view_jobs, manage_jobs, run_jobs, admin; got \"root\"")]
    [InlineData("""{"name":"x","expires_in":0}""", "expires_in", "greater than 0")]
    [InlineData("""{"name":"x","expires_in":5,"expires_at":"2030-01-01T00:00:00Z"}""", "expires_in", "expected only one of expires_at and expires_in")]
    [InlineData("""{"name":"x","expires_at":"2020-01-01T00:00:00Z"}""", "expires_at", "expected a time in the future")]
    [InlineData("""{"name":"x","key":"mine"}""", "key", "unknown member")]
    public async Task Create_BadRequest_NamesTheField(string json, string field, string message)
    {
        var reply = await shared.Host.Post("api-keys", json);

        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Contains(message, reply.About(field), StringComparison.Ordinal);
    }
}
