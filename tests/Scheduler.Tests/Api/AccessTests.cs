using System.Net;
using System.Text.Json;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Scheduler.Tests.Api;

/// <summary>Who sees and changes whose schedules, on one database.</summary>
public abstract class AccessTests(SchedulerHosts hosts)
{
    const string Yearly = """{"name":"yearly","task_name":"echo","cron_expression":"0 0 1 1 *","queue_name":"idle"}""";

    protected SchedulerHost Host => hosts.Host;

    IEnumerable<RouteEndpoint> Endpoints =>
        Host.Services.GetServices<EndpointDataSource>().SelectMany(x => x.Endpoints).OfType<RouteEndpoint>();

    IEnumerable<(HttpMethod Method, string Pattern)> Routes =>
        from endpoint in Endpoints
        let pattern = endpoint.RoutePattern.RawText!.TrimEnd('/')
        where pattern.StartsWith("/api/v1/schedules", StringComparison.Ordinal) && !pattern.EndsWith("/jobs", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
        select (new HttpMethod(method), pattern["/api/v1/".Length..]);

    [Fact]
    public void Endpoints_All_DeclareWhatTheyNeed()
    {
        Assert.True(Routes.Count() >= 11);
        Assert.All(Endpoints, x => Assert.True(
            x.Metadata.GetMetadata<RequiredPermission>() is not null || (x.Metadata.GetMetadata<IAllowAnonymous>() is not null && x.RoutePattern.RawText!.StartsWith("/health/", StringComparison.Ordinal)),
            $"{x.RoutePattern.RawText} declares nothing: add .RequireCaller() or .RequirePermission(…) in its route table"));
    }

    [Fact]
    public async Task Endpoints_EveryCaller_GetsWhatItMay()
    {
        foreach (var (method, pattern) in Routes)
        {
            var (one, reads) = (pattern.Contains("{scheduleId}", StringComparison.Ordinal), method == HttpMethod.Get);
            Assert.Equal(HttpStatusCode.Unauthorized, (await Call(null, method, pattern)).Status);
            Expect(one ? "schedule_not_found" : null, await Call(Callers.Alice, method, pattern), method, pattern);
            Expect(one && !reads ? "forbidden" : null, await Call(Callers.Viewer, method, pattern), method, pattern);
            Expect(null, await Call(Callers.Manager, method, pattern), method, pattern);
            Expect(null, await Call(Callers.Bob, method, pattern), method, pattern);
        }
    }

    [Fact]
    public async Task List_WithoutPermission_ShowsOnlyOwnSchedules()
    {
        var mine = await Create(Callers.Alice);
        var other = await Create(Callers.Bob);

        var page = (await Host.As(Callers.Alice, HttpMethod.Get, "schedules?limit=1000")).Json;
        Assert.All(page.GetProperty("items").EnumerateArray(), x => Assert.Equal("alice", x.GetProperty("owner").GetString()));
        Assert.Contains(mine, Ids(page));
        Assert.Equal(page.GetProperty("items").GetArrayLength(), page.GetProperty("total").GetInt32());
        Assert.Empty(Ids((await Host.As(Callers.Alice, HttpMethod.Get, "schedules?owner=bob")).Json));
        Assert.Contains(other, Ids((await Host.As(Callers.Viewer, HttpMethod.Get, "schedules?owner=bob")).Json));
    }

    [Fact]
    public async Task Jobs_OfASchedule_BelongToItsOwnerRegardlessOfTheRunner()
    {
        var id = await Create(Callers.Alice);
        Assert.Equal(HttpStatusCode.Accepted, (await Host.As(Callers.Manager, HttpMethod.Post, $"schedules/{id}/run")).Status);
        await Eventually.Holds(async () => Ids((await Host.As(Callers.Alice, HttpMethod.Get, $"schedules/{id}/jobs")).Json).Count == 1, TimeSpan.FromSeconds(20));

        var job = (await Host.As(Callers.Alice, HttpMethod.Get, $"schedules/{id}/jobs")).Json.GetProperty("items")[0];
        Assert.Equal("alice", job.GetProperty("owner").GetString());
        Assert.Empty(Ids((await Host.As(Callers.Bob, HttpMethod.Get, $"schedules/{id}/jobs")).Json));
        Assert.Single(Ids((await Host.As(Callers.Viewer, HttpMethod.Get, $"schedules/{id}/jobs")).Json));
    }

    [Fact]
    public async Task Key_IssuedByJobApi_WorksUntilItIsRevoked() => await KeyLife(Host);

    protected async Task KeyLife(SchedulerHost scheduler)
    {
        var issued = await Host.Expect(
            HttpStatusCode.Created, HttpMethod.Post, "api-keys", """{"name":"planner","permissions":["view_jobs"]}""");
        var caller = ("X-API-Key", issued.GetProperty("key").GetString()!);
        var created = await scheduler.As(caller, HttpMethod.Post, "schedules", Yearly);
        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal("planner", created.Json.GetProperty("owner").GetString());
        Assert.Equal(HttpStatusCode.OK, (await scheduler.As(caller, HttpMethod.Get, $"schedules/{await Create(Callers.Bob)}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scheduler.As(("X-API-Key", ApiKey.Create()), HttpMethod.Get, "schedules")).Status);

        await Host.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"api-keys/{issued.GetProperty("id").GetString()}");

        await Eventually.Holds(async () => (await scheduler.As(caller, HttpMethod.Get, "schedules")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(2));
    }

    static void Expect(string? code, (HttpStatusCode Status, JsonElement Json) reply, HttpMethod method, string pattern)
    {
        var given = (int)reply.Status is 401 or 403 or 404 or >= 500 ? reply.Json.GetProperty("code").GetString() : null;
        Assert.True(given == code, $"{method} {pattern}: expected {code ?? "an answer"}; got {reply.Status} {reply.Json}");
    }

    async Task<(HttpStatusCode Status, JsonElement Json)> Call((string, string)? caller, HttpMethod method, string pattern)
    {
        var path = pattern.Contains("{scheduleId}", StringComparison.Ordinal)
            ? pattern.Replace("{scheduleId}", await Create(Callers.Bob), StringComparison.Ordinal)
            : pattern;
        var reply = await Host.As(caller, method, path, method == HttpMethod.Post || method == HttpMethod.Put ? Yearly : null);
        return (reply.Status, reply.Json);
    }

    async Task<string> Create((string, string) caller)
    {
        var reply = await Host.As(caller, HttpMethod.Post, "schedules", Yearly);
        Assert.Equal(HttpStatusCode.Created, reply.Status);
        return reply.Json.GetProperty("id").GetString()!;
    }

    static List<string> Ids(JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("id").GetString()!)];
}

public sealed class AccessOnSqliteTests(SqliteHosts hosts) : AccessTests(hosts), IClassFixture<SqliteHosts>;

public sealed class AccessOnPostgresTests(PostgresHosts servers) : AccessTests(servers), IClassFixture<PostgresHosts>
{
    /// <summary>A scheduler without the table of keys asks over the broker.</summary>
    [Fact]
    public async Task Key_OnASchedulerAlone_WorksUntilItIsRevoked() => await KeyLife(servers.Other);

    /// <summary>A scheduler without the audit trail hands its entries in over the broker.</summary>
    [Fact]
    public async Task Changes_OnASchedulerAlone_ReachTheAuditTrail()
    {
        var id = await servers.Other.Create(
            """{"name":"audited","task_name":"echo","cron_expression":"0 0 1 1 *","queue_name":"idle","kwargs":{"a":"c4n4ry"}}""");
        await servers.Other.Expect(HttpStatusCode.OK, HttpMethod.Post, $"schedules/{id}/pause");
        Assert.Equal(HttpStatusCode.Forbidden, (await servers.Other.As(Callers.Viewer, HttpMethod.Delete, $"schedules/{id}")).Status);

        await Eventually.Holds(async () => (await Entries()).Count >= 3, TimeSpan.FromSeconds(20));
        var entries = await Entries();
        Assert.Equal(["CreateSchedule admin done", "DeleteSchedule victor refused", "PauseSchedule admin done"], entries.Select(x => $"{x.GetProperty("action")} {x.GetProperty("actor")} {x.GetProperty("outcome")}").Order(StringComparer.Ordinal));
        Assert.DoesNotContain(entries, x => x.ToString().Contains("c4n4ry", StringComparison.Ordinal));
        Assert.True((await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, "audit/verify")).GetProperty("valid").GetBoolean());

        async Task<List<JsonElement>> Entries() =>
            [.. (await Host.Expect(HttpStatusCode.OK, HttpMethod.Get, $"audit?object_id={id}")).GetProperty("items").EnumerateArray()];
    }
}
