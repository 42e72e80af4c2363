using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using JobSystem.JobApi.Tests.Jobs;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class SubmitTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;

    [Fact]
    public async Task Post_Job_AnswersViewAndLocation()
    {
        var reply = await api.Post("jobs", """{"task_name":"echo","queue_name":"idle","args":[42,"test"],"kwargs":{"format":"json"},"priority":"high","tags":["data"],"metadata":{"source":"api"},"title":"Two"}""");
        var job = reply.Expect(HttpStatusCode.Created);
        var id = job.GetProperty("id").GetString();
        Assert.Equal(7, Guid.ParseExact(id!, "D").Version);
        Assert.Equal($"/api/v1/jobs/{id}", reply.Headers.Location?.ToString());
        Assert.Equal("application/json", reply.ContentType);
        Assert.Equal("pending", job.GetProperty("status").GetString());
        Assert.Equal("admin", job.GetProperty("owner").GetString());
        Assert.Equal("""[42,"test"]""", job.GetProperty("args").GetRawText());
        Assert.Equal(reply.Text, (await api.Get($"jobs/{id}")).Text);
    }

    [Fact]
    public async Task Post_Job_TakesDefaultsFromTask()
    {
        var task = (await api.Get("tasks/echo")).Expect(HttpStatusCode.OK);
        var job = await api.Submit("""{"task_name":"echo","delay":3600}""");
        Assert.Equal(task.GetProperty("queue").GetString(), job.GetProperty("queue_name").GetString());
        foreach (var member in (string[])["max_retries", "retry_delay", "timeout"])
        {
            Assert.Equal(task.GetProperty(member).GetDouble(), job.GetProperty(member).GetDouble());
        }
    }

    [Fact]
    public async Task Post_Delay_BecomesScheduledAt()
    {
        var job = await api.Submit("""{"task_name":"echo","delay":3600,"expires_in":7200}""");
        var created = job.GetProperty("created_at").GetDateTimeOffset();
        Assert.InRange((job.GetProperty("scheduled_at").GetDateTimeOffset() - created).TotalSeconds, 3599, 3601);
        Assert.InRange((job.GetProperty("expires_at").GetDateTimeOffset() - created).TotalSeconds, 7199, 7201);
    }

    [Theory]
    [MemberData(nameof(BadSubmissions.Table), MemberType = typeof(BadSubmissions))]
    public async Task Post_BadSubmission_NamesField(string json, string field, string message)
    {
        var reply = await api.Post("jobs", json);
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.StartsWith(BadSubmissions.BeforeTime(message), reply.About(field), StringComparison.Ordinal);
        Assert.StartsWith($"Failed to create job: {field}: ", reply.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadSubmissions.Malformed), MemberType = typeof(BadSubmissions))]
    public async Task Post_Malformed_SaysWhere(string json, string message)
    {
        var reply = await api.Post("jobs", json);
        reply.Expect(HttpStatusCode.BadRequest);
        Assert.StartsWith(message, reply.About("body"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_UnknownTask_SaysSo()
    {
        var reply = await api.Post("jobs", """{"task_name":"process_data"}""");
        reply.Refused(HttpStatusCode.BadRequest, "task_not_found");
        Assert.Equal("Failed to create job: Task not found: process_data", reply.Detail);
        Assert.Equal("Task not found: process_data", reply.About("task_name"));
    }

    [Fact]
    public async Task Post_UnknownVersion_NamesTheKnownOnes()
    {
        var reply = await api.Post("jobs", """{"task_name":"echo","version":"99"}""");
        reply.Refused(HttpStatusCode.BadRequest, "task_version_not_found");
        Assert.StartsWith("Failed to create job: Task version not found: echo 99; known: ", reply.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task Post_WrongContentType_Is415(string? type)
    {
        using var body = new ByteArrayContent("""{"task_name":"echo"}"""u8.ToArray());
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        var reply = await api.Send(HttpMethod.Post, "jobs", body);
        reply.Refused(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
        Assert.StartsWith("expected application/json in UTF-8; got", reply.About("content-type"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_TooLargeBody_Is413(bool chunked)
    {
        using var body = new ByteArrayContent(new byte[(1 << 20) + 1]);
        body.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Content = body };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await api.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("payload_too_large", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Post_WithoutKey_Is401()
    {
        using var client = new HttpClient { BaseAddress = api.Http.BaseAddress };
        using var response = await client.PostAsync(new Uri("/api/v1/jobs", UriKind.Relative), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Post_OwnId_IsKeptAndTakenOnce()
    {
        var id = $"order:{Guid.CreateVersion7():N}";
        var body = $$"""{"task_name":"echo","queue_name":"idle","job_id":"{{id}}"}""";
        Assert.Equal(id, (await api.Submit(body)).GetProperty("id").GetString());
        Assert.Equal(id, (await api.Get($"jobs/{id}")).Expect(HttpStatusCode.OK).GetProperty("id").GetString());
        var reply = await api.Post("jobs", body);
        reply.Refused(HttpStatusCode.Conflict, "job_id_taken");
        Assert.Contains(id, reply.About("job_id"), StringComparison.Ordinal);
        // The row's UUID is no second name for it
        var hidden = JobApi.Model.JobIds.Resolve(id).Id;
        (await api.Get($"jobs/{hidden}")).Refused(HttpStatusCode.NotFound, "job_not_found");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_SameKey_AnswersFirstJobOrConflict(bool inHeader)
    {
        var key = Guid.CreateVersion7().ToString();
        Task<Reply> Post(string members) => inHeader
            ? api.Post("jobs", $$"""{"task_name":"echo","queue_name":"idle",{{members}}}""", ("Idempotency-Key", key))
            : api.Post("jobs", $$"""{"task_name":"echo","idempotency_key":"{{key}}","queue_name":"idle",{{members}}}""");

        var first = (await Post("""  "args":[1],"kwargs":{"a":1,"b":[2]}""")).Expect(HttpStatusCode.Created).GetProperty("id").GetString();
        var again = (await Post(""" "kwargs":{"b":[ 2 ],"a":1},"args":[1]""")).Expect(HttpStatusCode.OK).GetProperty("id").GetString();
        Assert.Equal(first, again);
        var other = await Post("""  "args":[2],"kwargs":{"a":1,"b":[2]}""");
        other.Refused(HttpStatusCode.Conflict, "idempotency_key_reused");
        Assert.Contains(first!, other.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_KeysDiffer_IsRefused() => Assert.StartsWith("expected the same key",
        (await api.Post("jobs", """{"task_name":"echo","idempotency_key":"a"}""", ("Idempotency-Key", "b"))).About("Idempotency-Key"), StringComparison.Ordinal);

    [Fact]
    public async Task Post_FiftyAtOnceWithOneKey_MakeOneJob()
    {
        var body = $$"""{"task_name":"echo","queue_name":"idle","idempotency_key":"{{Guid.CreateVersion7()}}"}""";
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => api.Post("jobs", body)));
        Assert.Single(replies.Select(x => x.Json.GetProperty("id").GetString()).Distinct());
        Assert.Single(replies, x => x.Status == HttpStatusCode.Created);
        Assert.Equal(49, replies.Count(x => x.Status == HttpStatusCode.OK));
    }
}
