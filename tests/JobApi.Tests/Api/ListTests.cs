using System.Net;
using System.Text.Json;

namespace JobSystem.JobApi.Tests.Api;

[Collection(ApiTests.Name)]
public sealed class ListTests(SharedHost shared)
{
    readonly JobApiHost api = shared.Host;
    readonly string mark = Guid.CreateVersion7().ToString("N");

    [Fact]
    public async Task List_Pages_ByOffsetAndByCursor()
    {
        var ids = await Submit(5, i => $"\"args\":[{i}]");
        var newestFirst = ids.AsEnumerable().Reverse().ToList();
        var first = (await api.Get($"jobs?tags={mark}&limit=2")).Expect(HttpStatusCode.OK);
        Assert.Equal(["items", "total", "page", "page_size", "pages", "next_cursor"], first.EnumerateObject().Select(x => x.Name));
        Assert.Equal((5, 1, 2, 3), (Number(first, "total"), Number(first, "page"), Number(first, "page_size"), Number(first, "pages")));
        Assert.Equal(newestFirst[..2], Ids(first));
        var second = (await api.Get($"jobs?tags={mark}&limit=2&offset=2")).Expect(HttpStatusCode.OK);
        Assert.Equal(2, Number(second, "page"));
        Assert.Equal(newestFirst[2..4], Ids(second));
        var byCursor = (await api.Get($"jobs?tags={mark}&limit=2&cursor={first.GetProperty("next_cursor")}")).Expect(HttpStatusCode.OK);
        Assert.Equal(newestFirst[2..4], Ids(byCursor));
        var last = (await api.Get($"jobs?tags={mark}&limit=2&cursor={byCursor.GetProperty("next_cursor")}")).Expect(HttpStatusCode.OK);
        Assert.Equal(newestFirst[4..], Ids(last));
        Assert.Equal(JsonValueKind.Null, last.GetProperty("next_cursor").ValueKind);
        Assert.Equal(ids, Ids((await api.Get($"jobs?tags={mark}&order_dir=asc")).Expect(HttpStatusCode.OK)));
    }

    [Fact]
    public async Task List_Filters_TakeSeveralValues()
    {
        var ids = await Submit(4, i => $"\"priority\":\"{Contracts.Priority.All[i]}\"");
        Assert.Equal([ids[1], ids[0]], await Find("priority=critical&priority=high"));
        Assert.Equal([ids[3], ids[1]], await Find("priority=low,high"));
        Assert.Equal([ids[0]], await Find("order_by=priority&order_dir=desc&limit=1"));
        await api.Post($"jobs/{ids[2]}/cancel");
        Assert.Equal([ids[2]], await Find("status=cancelled"));
        Assert.Equal(3, (await Find("status=pending,running")).Count);
    }

    [Fact]
    public async Task List_Filters_Combine()
    {
        var ids = await Submit(2, i => $"\"title\":\"Invoice {mark} {i}\",\"queue_name\":\"idle-{i}\"");
        Assert.Equal([ids[1]], await Find("queue_name=idle-1"));
        Assert.Equal([ids[1], ids[0]], await Find("queue_name=idle-0,idle-1&task_name=echo&owner=admin"));
        Assert.Empty(await Find("task_name=sleep"));
        Assert.Empty(await Find("owner=nobody"));
        Assert.Equal([ids[0]], await Find($"q=invoice%20{mark}%200"));
        Assert.Empty(await Find("created_after=2040-01-01T00:00:00Z"));
        Assert.Equal(2, (await Find("created_before=2040-01-01T00:00:00Z&created_after=2020-01-01T00:00:00")).Count);
        Assert.Empty(await Find($"tags={mark},other"));
    }

    [Theory]
    [InlineData("colour=red", "colour", "unknown parameter; expected queue_name, status")]
    [InlineData("status=waiting", "status", "expected one of pending, reserved, running, retrying, completed, failed, cancelled, timeout, expired; got \"waiting\"")]
    [InlineData("priority=5", "priority", "expected one of critical, high, normal, low; got \"5\"")]
    [InlineData("limit=0", "limit", "expected a whole number from 1 to 1000; got \"0\"")]
    [InlineData("limit=1001", "limit", "expected a whole number from 1 to 1000; got \"1001\"")]
    [InlineData("limit=1&limit=2", "limit", "expected a whole number from 1 to 1000; got 2 values")]
    [InlineData("offset=-1", "offset", "expected a whole number")]
    [InlineData("cursor=xyz", "cursor", "expected the next_cursor of an earlier page; got \"xyz\"")]
    [InlineData("order_by=args", "order_by", "expected one of created_at, scheduled_at")]
    [InlineData("order_dir=up", "order_dir", "expected one of asc, desc; got \"up\"")]
    [InlineData("created_after=yesterday", "created_after", "expected a time such as 2030-01-31T12:00:00Z; got \"yesterday\"")]
    [InlineData("queue_name=a%2Fb", "queue_name", "expected a queue name")]
    [InlineData("q=%00", "q", "expected a string of at most 200 characters")]
    public async Task List_BadParameter_IsNamed(string query, string field, string message)
    {
        var reply = await api.Get($"jobs?{query}");
        reply.Refused(HttpStatusCode.BadRequest, "validation_failed");
        Assert.StartsWith(message, reply.About(field), StringComparison.Ordinal);
    }

    async Task<List<string?>> Find(string query) => Ids((await api.Get($"jobs?tags={mark}&{query}")).Expect(HttpStatusCode.OK));

    async Task<List<string?>> Submit(int count, Func<int, string> members)
    {
        var jobs = Enumerable.Range(0, count).Select(i =>
        {
            var more = members(i);
            var queue = more.Contains("queue_name", StringComparison.Ordinal) ? "" : "\"queue_name\":\"idle\",";
            return $$"""{"task_name":"echo",{{queue}}"tags":["{{mark}}"],{{more}}}""";
        });
        var answer = (await api.Post("jobs/batch", $$"""{"jobs":[{{string.Join(',', jobs)}}]}""")).Expect(HttpStatusCode.Created);
        return [.. answer.GetProperty("ids").EnumerateArray().Select(x => x.GetString())];
    }

    static List<string?> Ids(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("id").GetString())];

    static int Number(JsonElement page, string name) => page.GetProperty(name).GetInt32();
}
