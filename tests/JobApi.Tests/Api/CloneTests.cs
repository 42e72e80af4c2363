using System.Net;
using System.Text.Json;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class CloneTests(SharedHost shared) : JobCloning(shared.Host);

[Collection(ServerApiTests.Name)]
public sealed class ServerCloneTests(SharedServers shared) : JobCloning(shared.Host);

public abstract class JobCloning(JobApiHost api)
{
    const string Original = """
        {"task_name":"echo","args":[1],"kwargs":{"to":"ann"},"queue_name":"idle","priority":"high","max_retries":7,"retry_delay":3,"timeout":44,
         "tags":["a"],"metadata":{"m":1},"title":"T","description":"D","idempotency_key":"KEY"}
        """;

    static readonly string[] copied =
        ["task_name", "args", "kwargs", "queue_name", "priority", "max_retries", "retry_delay", "timeout", "tags", "metadata", "title", "description", "version"];

    [Fact]
    public async Task Clone_WithoutBody_AsksForTheSame_AsAJobOfItsOwn()
    {
        var original = await api.Submit(Original.Replace("KEY", Unique(), StringComparison.Ordinal));
        var reply = await api.Post($"jobs/{Id(original)}/clone");
        var clone = reply.Expect(HttpStatusCode.Created);
        Assert.All(copied, name => Assert.Equal(original.GetProperty(name).GetRawText(), clone.GetProperty(name).GetRawText()));
        Assert.NotEqual(Id(original), Id(clone));
        Assert.Equal($"/api/v1/jobs/{Id(clone)}", reply.Headers.Location?.ToString());
        Assert.Equal(Id(original), clone.GetProperty("parent_id").GetString());
        Assert.Equal(JsonValueKind.Null, clone.GetProperty("idempotency_key").ValueKind);
        Assert.Equal("pending", clone.GetProperty("status").GetString());
        Assert.Equal([Id(clone)], await Children(Id(original)));
    }

    [Fact]
    public async Task Clone_Body_OverridesMembers_AndNullTakesThemAway()
    {
        var original = Id(await api.Submit(Original.Replace("KEY", Unique(), StringComparison.Ordinal)));
        var clone = (await api.Post($"jobs/{original}/clone", """{"kwargs":{"to":"bob"},"delay":300,"queue_name":"idle-2","tags":null,"max_retries":null}""")).Expect(HttpStatusCode.Created);
        Assert.Equal("""{"to":"bob"}""", clone.GetProperty("kwargs").GetRawText());
        Assert.Equal("[1]", clone.GetProperty("args").GetRawText());
        Assert.Equal("idle-2", clone.GetProperty("queue_name").GetString());
        Assert.Equal("[]", clone.GetProperty("tags").GetRawText());
        Assert.Equal(3, clone.GetProperty("max_retries").GetInt32());
        Assert.InRange((clone.GetProperty("scheduled_at").GetDateTimeOffset() - clone.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds, 299, 301);
    }

    [Fact]
    public async Task Clone_OfAJobWithItsOwnId_PointsToThatId()
    {
        var id = $"mine-{Unique()}";
        await api.Submit($$"""{"task_name":"echo","queue_name":"idle","job_id":"{{id}}"}""");
        var clone = (await api.Post($"jobs/{id}/clone", $$"""{"job_id":"{{id}}-2"}""")).Expect(HttpStatusCode.Created);
        Assert.Equal(($"{id}-2", id), (Id(clone), clone.GetProperty("parent_id").GetString()));
        Assert.Equal([$"{id}-2"], await Children(id));
        (await api.Post($"jobs/{id}/clone", $$"""{"job_id":"{{id}}"}""")).Refused(HttpStatusCode.Conflict, "job_id_taken");
    }

    [Fact]
    public async Task Clone_SameKey_IsTheSameClone()
    {
        var original = Id(await api.Submit("""{"task_name":"echo","queue_name":"idle","expires_in":3600}"""));
        var key = Unique();
        var first = (await api.Post($"jobs/{original}/clone", null, ("Idempotency-Key", key))).Expect(HttpStatusCode.Created);
        var again = (await api.Post($"jobs/{original}/clone", null, ("Idempotency-Key", key))).Expect(HttpStatusCode.OK);
        Assert.Equal(Id(first), Id(again));
        (await api.Post($"jobs/{original}/clone", """{"args":[2]}""", ("Idempotency-Key", key))).Refused(HttpStatusCode.Conflict, "idempotency_key_reused");
    }

    [Fact]
    public async Task Clone_Expiry_IsReckonedFromTheNewStart()
    {
        var original = Id(await api.Submit("""{"task_name":"echo","queue_name":"idle","delay":1000,"expires_in":1600}"""));
        var clone = (await api.Post($"jobs/{original}/clone", """{"delay":50}""")).Expect(HttpStatusCode.Created);
        Assert.InRange((clone.GetProperty("expires_at").GetDateTimeOffset() - clone.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds, 649, 651);
        var endless = (await api.Post($"jobs/{original}/clone", """{"expires_at":null}""")).Expect(HttpStatusCode.Created);
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (endless.GetProperty("expires_at").ValueKind, endless.GetProperty("scheduled_at").ValueKind));
    }

    [Fact]
    public async Task Clone_OfAFinishedJob_Runs()
    {
        var original = Id(await api.Submit("""{"task_name":"echo","args":["again"]}"""));
        await api.End(original);
        var clone = Id((await api.Post($"jobs/{original}/clone", "{}")).Expect(HttpStatusCode.Created));
        Assert.Equal("completed", (await api.End(clone)).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"colour":1}""", "colour", "unknown member")]
    [InlineData("""{"task_name":null}""", "task_name", "expected")]
    [InlineData("""{"priority":"urgent"}""", "priority", "expected one of critical, high, normal, low; got \"urgent\"")]
    [InlineData("""{"wait_timeout":1}""", "wait_timeout", "unknown member")]
    [InlineData("""{"task_name":"nothing_such"}""", "task_name", "Task not found: nothing_such")]
    public async Task Clone_BadBody_NamesField(string json, string field, string message)
    {
        var original = Id(await api.Submit("""{"task_name":"echo","queue_name":"idle"}"""));
        var reply = await api.Post($"jobs/{original}/clone", json);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith(message, reply.About(field), StringComparison.Ordinal);
        Assert.Empty(await Children(original));
    }

    [Fact]
    public async Task Clone_UnknownJob_Is404() => (await api.Post("jobs/nobody/clone")).Refused(HttpStatusCode.NotFound, "job_not_found");

    async Task<List<string>> Children(string parent) =>
        [.. (await api.Get($"jobs?parent_id={parent}")).Expect(HttpStatusCode.OK).GetProperty("items").EnumerateArray().Select(Id)];

    static string Id(JsonElement job) => job.GetProperty("id").GetString()!;

    static string Unique() => Guid.CreateVersion7().ToString("N");
}
