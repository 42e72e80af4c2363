using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class BulkTests(SharedHost shared) : BulkCalls(shared.Host);

[Collection(ServerApiTests.Name)]
public sealed class ServerBulkTests(SharedServers shared) : BulkCalls(shared.Host);

public abstract class BulkCalls(JobApiHost api)
{
    readonly string mark = Guid.CreateVersion7().ToString("N");

    [Fact]
    public async Task Filter_CancelRetryDelete_GoThroughTheirStates()
    {
        var ids = await Submit(700);
        await api.Post($"jobs/{ids[0]}/cancel");

        var dry = await Bulk("cancel", $$"""{"filter":{"tags":["{{mark}}"]},"dry_run":true}""");
        Assert.Equal((700, 0, 1), Counts(dry, "cancelled"));
        Assert.Equal(699, await Count("pending"));

        var cancelled = await Bulk("cancel", $$"""{"filter":{"tags":"{{mark}}","queue_name":["idle","idle-9"]},"reason":"spring cleaning"}""");
        Assert.Equal((700, 699, 1), Counts(cancelled, "cancelled"));
        Assert.True(cancelled.GetProperty("finished").GetBoolean());
        var error = Assert.Single(cancelled.GetProperty("errors").EnumerateArray());
        Assert.Equal((ids[0], "job_final"), (error.GetProperty("id").GetString(), error.GetProperty("code").GetString()));
        Assert.Equal("spring cleaning", (await api.Get($"jobs/{ids[5]}")).Json.GetProperty("cancel_reason").GetString());
        Assert.Equal(700, await Count("cancelled"));

        var retried = await Bulk("retry", $$"""{"filter":{"tags":["{{mark}}"],"status":["cancelled"]},"delay":3600}""");
        Assert.Equal((700, 700, 0), Counts(retried, "retried"));
        Assert.Equal(700, await Count("pending"));

        var kept = await Bulk("delete", $$"""{"filter":{"tags":["{{mark}}"]} }""");
        Assert.Equal((700, 0, 700), Counts(kept, "deleted"));
        Assert.Equal(100, kept.GetProperty("errors").GetArrayLength());
        Assert.All(kept.GetProperty("errors").EnumerateArray(), x => Assert.Equal("job_not_final", x.GetProperty("code").GetString()));

        await Bulk("cancel", $$"""{"filter":{"tags":["{{mark}}"]} }""");
        Assert.Equal((700, 700, 0), Counts(await Bulk("delete", $$"""{"filter":{"tags":["{{mark}}"]} }"""), "deleted"));
        Assert.Equal(0, await Count("cancelled"));
    }

    [Fact]
    public async Task Ids_EachHasItsOutcome()
    {
        var ids = await Submit(3);
        await api.Post($"jobs/{ids[1]}/cancel");
        var answer = await Bulk("cancel", $$"""{"ids":["{{ids[0]}}","{{ids[1]}}","nobody","{{ids[2]}}","{{ids[0]}}"]}""");
        Assert.Equal((3, 2, 2), Counts(answer, "cancelled"));
        Assert.Equal(["job_final", "job_not_found"], answer.GetProperty("errors").EnumerateArray().Select(x => x.GetProperty("code").GetString()).Order());
        Assert.Equal(["matched", "cancelled", "skipped", "dry_run", "finished", "errors"], answer.EnumerateObject().Select(x => x.Name));
        var dry = await Bulk("retry", $$"""{"ids":["{{ids[0]}}"],"dry_run":true}""");
        Assert.Equal((1, 0, 0), Counts(dry, "retried"));
        Assert.Equal((3, 3, 0), Counts(await Bulk("delete", $$"""{"ids":["{{ids[0]}}","{{ids[1]}}","{{ids[2]}}"]}"""), "deleted"));
        (await api.Get($"jobs/{ids[0]}")).Refused(HttpStatusCode.NotFound, "job_not_found");
    }

    [Fact]
    public async Task Retry_CompletedJob_IsSkipped()
    {
        var id = (await api.Submit("""{"task_name":"echo"}""")).GetProperty("id").GetString()!;
        await api.End(id);
        var answer = await Bulk("retry", $$"""{"ids":["{{id}}"]}""");
        Assert.Equal((1, 0, 1), Counts(answer, "retried"));
        Assert.Equal("job_completed", answer.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("cancel", "{}", "filter", "expected ids, a filter with at least one condition, or \"all\": true for every job; got nothing")]
    [InlineData("cancel", """{"filter":{}}""", "filter", "expected ids, a filter with at least one condition, or \"all\": true for every job; got an empty filter")]
    [InlineData("delete", """{"filter":{"status":[]}}""", "filter", "expected ids, a filter with at least one condition")]
    [InlineData("cancel", """{"filter":{"colour":"red"}}""", "filter.colour", "unknown member; expected queue_name, status")]
    [InlineData("cancel", """{"filter":{"status":["waiting"]}}""", "filter.status[0]", "expected one of pending, reserved")]
    [InlineData("cancel", """{"filter":{"status":"waiting"}}""", "filter.status", "expected one of pending, reserved")]
    [InlineData("cancel", """{"filter":{"created_before":"soon"}}""", "filter.created_before", "expected a time such as")]
    [InlineData("cancel", """{"filter":5}""", "filter", "expected an object; got 5")]
    [InlineData("cancel", """{"ids":[]}""", "ids", "expected an array of 1 to 1000 job ids; got 0")]
    [InlineData("cancel", """{"ids":[7]}""", "ids[0]", "expected 1 to 128 letters")]
    [InlineData("cancel", """{"ids":["a"],"filter":{"q":"x"}}""", "filter", "expected only one of ids and filter; got both")]
    [InlineData("cancel", """{"ids":["a"],"all":true}""", "all", "expected only one of ids and all; got both")]
    [InlineData("cancel", """{"ids":["a"],"delay":1}""", "delay", "unknown member; expected ids, filter, all, dry_run, reason")]
    [InlineData("retry", """{"ids":["a"],"delay":-1}""", "delay", "expected a number of seconds")]
    [InlineData("delete", """{"ids":["a"],"reason":"x"}""", "reason", "unknown member; expected ids, filter, all, dry_run")]
    [InlineData("delete", """{"ids":["a"],"dry_run":"yes"}""", "dry_run", "expected true or false; got \"yes\"")]
    public async Task BadBody_NamesField(string verb, string json, string field, string message)
    {
        var reply = await api.Post($"jobs/bulk/{verb}", json);
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.StartsWith(message, reply.About(field), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ids_TooMany_AreRefused()
    {
        var reply = await api.Post("jobs/bulk/cancel", JsonSerializer.Serialize(new { ids = Enumerable.Range(0, 1001).Select(x => $"job-{x}") }));
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal("expected an array of 1 to 1000 job ids; got 1001", reply.About("ids"));
    }

    async Task<JsonElement> Bulk(string verb, string json) => (await api.Post($"jobs/bulk/{verb}", json)).Expect(HttpStatusCode.OK);

    async Task<int> Count(string status) => (await api.Get($"jobs?tags={mark}&status={status}&limit=1")).Json.GetProperty("total").GetInt32();

    async Task<List<string>> Submit(int count) => [.. await api.Batch(count, $$"""{"task_name":"echo","queue_name":"idle","tags":["{{mark}}"]}""")];

    static (int Matched, int Done, int Skipped) Counts(JsonElement answer, string word) =>
        (answer.GetProperty("matched").GetInt32(), answer.GetProperty(word).GetInt32(), answer.GetProperty("skipped").GetInt32());
}
