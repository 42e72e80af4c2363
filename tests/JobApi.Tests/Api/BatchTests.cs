using System.Net;
using System.Text.Json;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class BatchTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;

    [Fact]
    public async Task Post_Batch_AnswersIdsInOrder()
    {
        var jobs = Enumerable.Range(0, 1000).Select(i => $$"""{"task_name":"echo","queue_name":"idle","args":[{{i}}]}""");
        var ids = Ids((await api.Post("jobs/batch", $$"""{"jobs":[{{string.Join(',', jobs)}}]}""")).Expect(HttpStatusCode.Created));
        Assert.Equal(1000, ids.Distinct().Count());
        foreach (var i in (int[])[0, 499, 999])
        {
            Assert.Equal($"[{i}]", (await api.Get($"jobs/{ids[i]}")).Json.GetProperty("args").GetRawText());
        }
    }

    [Fact]
    public async Task Post_LargeBatch_IsTaken()
    {
        var text = new string('x', 10_000);
        var jobs = Enumerable.Range(0, 1000).Select(_ => $$"""{"task_name":"echo","queue_name":"idle","args":["{{text}}"]}""");
        Assert.Equal(1000, Ids((await api.Post("jobs/batch", $$"""{"jobs":[{{string.Join(',', jobs)}}]}""")).Expect(HttpStatusCode.Created)).Count);
    }

    [Fact]
    public async Task Post_OneBadJob_RefusesAllAndNamesIt()
    {
        var tag = Guid.CreateVersion7().ToString();
        var good = $$"""{"task_name":"echo","queue_name":"idle","tags":["{{tag}}"]}""";
        var reply = await api.Post("jobs/batch", $$"""{"jobs":[{{good}},{{good}},{{good}},{"task_name":"echo","priority":"urgent"},{"task_name":"nope"}]}""");
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal("expected one of critical, high, normal, low; got \"urgent\"", reply.About("jobs[3].priority"));
        Assert.StartsWith("Failed to create jobs: jobs[3].priority: expected", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(0, (await api.Get($"jobs?tags={tag}")).Expect(HttpStatusCode.OK).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Post_UnknownTaskInBatch_NamesIt()
    {
        var reply = await api.Post("jobs/batch", """{"jobs":[{"task_name":"echo"},{"task_name":"process_data"}]}""");
        reply.Refused(HttpStatusCode.BadRequest, "task_not_found");
        Assert.Equal("Task not found: process_data", reply.About("jobs[1].task_name"));
    }

    [Theory]
    [InlineData("[]", "body", "expected an object with one member, jobs; got an array")]
    [InlineData("{}", "jobs", "expected an array of 1 to 1000 jobs; got nothing")]
    [InlineData("""{"jobs":{}}""", "jobs", "expected an array of 1 to 1000 jobs; got an object")]
    [InlineData("""{"jobs":[]}""", "jobs", "expected an array of 1 to 1000 jobs; got 0")]
    [InlineData("""{"jobs":[1]}""", "jobs[0]", "expected a JSON object; got 1")]
    [InlineData("""{"jobs":[{"task_name":"echo"}],"all":true}""", "all", "unknown member; expected an object with one member, jobs")]
    [InlineData("""{"jobs":[{"task_name":"echo","job_id":"a"},{"task_name":"echo","job_id":"a"}]}""", "jobs[1].job_id", "expected an id of its own; got the id of jobs[0]")]
    [InlineData("""{"jobs":[{"task_name":"echo","idempotency_key":"a"},{"task_name":"echo","idempotency_key":"a"}]}""", "jobs[1].idempotency_key", "expected a key of its own; got the key of jobs[0]")]
    public async Task Post_BadBatch_NamesField(string json, string field, string message)
    {
        var reply = await api.Post("jobs/batch", json);
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(message, reply.About(field));
    }

    [Fact]
    public async Task Post_TooMany_IsRefused()
    {
        var reply = await api.Post("jobs/batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat("{}", 1001))}}]}""");
        Assert.Equal("expected an array of 1 to 1000 jobs; got 1001", reply.About("jobs"));
    }

    [Fact]
    public async Task Post_AllWrong_StopsAtAHundred()
    {
        var reply = await api.Post("jobs/batch", $$"""{"jobs":[{{string.Join(',', Enumerable.Repeat("{}", 1000))}}]}""");
        Assert.Equal(100, reply.Expect(HttpStatusCode.BadRequest).GetProperty("errors").EnumerateObject().Count());
    }

    [Fact]
    public async Task Post_TooDeepInBatch_NamesIt()
    {
        var deep = Jobs.BadSubmissions.Nested(5000);
        var reply = await api.Post("jobs/batch", "{\"jobs\":[{\"task_name\":\"echo\"},{\"args\":" + deep + "}]}");
        Assert.StartsWith("nested too deeply", reply.About("jobs[1].args"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_HeaderKey_IsRefused() => Assert.StartsWith("expected idempotency_key in each job",
        (await api.Post("jobs/batch", """{"jobs":[{"task_name":"echo"}]}""", ("Idempotency-Key", "k"))).About("Idempotency-Key"), StringComparison.Ordinal);

    [Fact]
    public async Task Post_SameBatchAgain_AnswersSameIds()
    {
        var run = Guid.CreateVersion7();
        string Batch(int count) => $$"""{"jobs":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"task_name":"echo","queue_name":"idle","idempotency_key":"{{run}}/{{i}}","args":[{{i}}]}"""))}}]}""";
        var first = Ids((await api.Post("jobs/batch", Batch(20))).Expect(HttpStatusCode.Created));
        Assert.Equal(first, Ids((await api.Post("jobs/batch", Batch(20))).Expect(HttpStatusCode.OK)));
        // Longer by one: what is there stays, what is new is added
        var longer = Ids((await api.Post("jobs/batch", Batch(21))).Expect(HttpStatusCode.Created));
        Assert.Equal(first, longer.Take(20));
        var steps = (await api.Get($"jobs/{longer[20]}/events")).Expect(HttpStatusCode.OK).GetProperty("items").EnumerateArray();
        Assert.Single(steps, x => x.GetProperty("event").GetString() == "created");
    }

    [Fact]
    public async Task Post_TakenId_RefusesAll()
    {
        var id = Guid.CreateVersion7().ToString("N");
        await api.Submit($$"""{"task_name":"echo","queue_name":"idle","job_id":"{{id}}"}""");
        var reply = await api.Post("jobs/batch", $$"""{"jobs":[{"task_name":"echo","queue_name":"idle","job_id":"{{id}}-2"},{"task_name":"echo","job_id":"{{id}}"}]}""");
        reply.Refused(HttpStatusCode.Conflict, "job_id_taken");
        Assert.Contains(id, reply.About("jobs[1].job_id"), StringComparison.Ordinal);
        (await api.Get($"jobs/{id}-2")).Refused(HttpStatusCode.NotFound, "job_not_found");
    }

    static List<string?> Ids(JsonElement answer) => [.. answer.GetProperty("ids").EnumerateArray().Select(x => x.GetString())];
}
