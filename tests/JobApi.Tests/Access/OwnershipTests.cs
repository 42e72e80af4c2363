using System.Net;
using System.Text.Json;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Api;

namespace JobSystem.JobApi.Tests.Access;

/// <summary>Whose jobs a caller sees and changes, on both databases.</summary>
public abstract class OwnershipTests : IAsyncLifetime
{
    JobApiHost api = null!;

    protected abstract bool Servers { get; }

    public async Task InitializeAsync() => api = await Callers.Start(Servers);

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task List_WithoutPermission_ShowsAndCountsOnlyOwnJobs()
    {
        var mine = await Submit(Callers.Alice, 3);
        var others = await Submit(Callers.Bob, 2);

        var page = (await api.As(Callers.Alice, HttpMethod.Get, "jobs")).Expect(HttpStatusCode.OK);
        Assert.Equal(mine.Order(), Ids(page).Order());
        Assert.Equal(3, page.GetProperty("total").GetInt32());
        Assert.Empty(Ids((await api.As(Callers.Alice, HttpMethod.Get, "jobs?owner=bob")).Expect(HttpStatusCode.OK)));
        Assert.Empty(Ids((await api.As(Callers.Alice, HttpMethod.Get, $"jobs?q={others[0]}")).Expect(HttpStatusCode.OK)));
        Assert.Equal(3, Ids((await api.As(Callers.Alice, HttpMethod.Get, "jobs?owner=alice&order_by=priority")).Expect(HttpStatusCode.OK)).Count);
        var all = (await api.As(Callers.Viewer, HttpMethod.Get, "jobs")).Expect(HttpStatusCode.OK);
        Assert.Equal(mine.Concat(others).Order(), Ids(all).Order());
        Assert.Equal(others.Order(), Ids((await api.As(Callers.Viewer, HttpMethod.Get, "jobs?owner=bob")).Expect(HttpStatusCode.OK)).Order());
    }

    [Fact]
    public async Task Job_OfItsOwner_CanBeSeenCancelledRetriedAndDeleted()
    {
        var id = (await Submit(Callers.Alice, 1))[0];

        Assert.Equal("alice", (await api.As(Callers.Alice, HttpMethod.Get, $"jobs/{id}")).Expect(HttpStatusCode.OK).GetProperty("owner").GetString());
        foreach (var path in (string[])["events", "logs", "explain", "wait?timeout=0"])
        {
            Assert.True((int)(await api.As(Callers.Alice, HttpMethod.Get, $"jobs/{id}/{path}")).Status is 200 or 202);
        }
        (await api.As(Callers.Alice, HttpMethod.Post, $"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
        (await api.As(Callers.Alice, HttpMethod.Post, $"jobs/{id}/retry")).Expect(HttpStatusCode.OK);
        (await api.As(Callers.Alice, HttpMethod.Post, $"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
        (await api.As(Callers.Alice, HttpMethod.Delete, $"jobs/{id}")).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Job_OfAnother_LooksAsIfThereWereNone()
    {
        var id = (await Submit(Callers.Bob, 1))[0];

        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, ""), (HttpMethod.Get, "/events"), (HttpMethod.Post, "/cancel"), (HttpMethod.Post, "/retry"), (HttpMethod.Delete, "")])
        {
            var there = (await api.As(Callers.Alice, method, $"jobs/{id}{path}")).Refused(HttpStatusCode.NotFound, "job_not_found");
            var nowhere = (await api.As(Callers.Alice, method, $"jobs/{id[..^1]}x{path}")).Refused(HttpStatusCode.NotFound, "job_not_found");
            Assert.Equal(nowhere.GetProperty("detail").GetString()!.Length, there.GetProperty("detail").GetString()!.Length);
        }
        Assert.Equal("pending", (await api.As(Callers.Bob, HttpMethod.Get, $"jobs/{id}")).Expect(HttpStatusCode.OK).GetProperty("status").GetString());
        (await api.As(Callers.Viewer, HttpMethod.Post, $"jobs/{id}/cancel")).Refused(HttpStatusCode.Forbidden, "forbidden");
        (await api.As(Callers.Manager, HttpMethod.Post, $"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task IdempotencyKey_OfAnother_IsNoObstacle()
    {
        const string json = """{"task_name":"echo","queue_name":"idle","idempotency_key":"the-same"}""";
        var first = (await api.As(Callers.Alice, HttpMethod.Post, "jobs", json)).Expect(HttpStatusCode.Created).GetProperty("id").GetString();
        var other = (await api.As(Callers.Bob, HttpMethod.Post, "jobs", json)).Expect(HttpStatusCode.Created).GetProperty("id").GetString();

        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task JobId_TakenByAnother_SaysNothingAboutItsJob()
    {
        const string json = """{"task_name":"echo","queue_name":"idle","job_id":"taken-1","title":"secret of bob"}""";
        (await api.As(Callers.Bob, HttpMethod.Post, "jobs", json)).Expect(HttpStatusCode.Created);

        var reply = await api.As(Callers.Alice, HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle","job_id":"taken-1"}""");

        reply.Refused(HttpStatusCode.Conflict, "job_id_taken");
        Assert.DoesNotContain("bob", reply.Text, StringComparison.Ordinal);
    }

    async Task<List<string>> Submit((string, string) caller, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add((await api.As(caller, HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle"}""")).Expect(HttpStatusCode.Created).GetProperty("id").GetString()!);
        }
        return ids;
    }

    static List<string> Ids(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("id").GetString()!)];
}

public sealed class OwnershipOnSqliteTests : OwnershipTests
{
    protected override bool Servers => false;
}

public sealed class OwnershipOnPostgresTests : OwnershipTests
{
    protected override bool Servers => true;
}
