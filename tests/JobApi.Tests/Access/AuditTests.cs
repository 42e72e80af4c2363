using System.Globalization;
using System.Net;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Access;

public sealed class AuditOnSqliteTests : AuditTests
{
    protected override bool Servers => false;
}

public sealed class AuditOnPostgresTests : AuditTests
{
    protected override bool Servers => true;

    [Fact]
    public async Task Instances_WritingAtOnce_KeepOneChain()
    {
        await using var other = await Api.Another();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? Api : other).Put($"queues/queue{i}", "{}")));

        Assert.Equal(60, (await Api.Get("audit?object_type=queue&limit=1")).Expect(HttpStatusCode.OK).GetProperty("total").GetInt32());
        Assert.True((await other.Get("audit/verify")).Expect(HttpStatusCode.OK).GetProperty("valid").GetBoolean());
    }
}

/// <summary>The trail as administrators read it, on both databases. What each call leaves is in the surface tests.</summary>
public abstract class AuditTests : IAsyncLifetime
{
    const string Canary = "c4n4ry-of-these-tests";

    protected JobApiHost Api { get; private set; } = null!;

    protected abstract bool Servers { get; }

    public async Task InitializeAsync() => Api = await Callers.Start(Servers);

    public async Task DisposeAsync() => await Api.DisposeAsync();

    /// <summary>What jobs work on, and what looks like a secret in what people write, is neither in the trail nor in our own logs.</summary>
    [Fact]
    public async Task Secrets_AreNeitherInTheTrailNorLogged()
    {
        var id = (await Api.Submit($$$"""{"task_name":"echo","queue_name":"idle","args":["{{{Canary}}}"],"kwargs":{"password":"{{{Canary}}}"},"metadata":{"a":"{{{Canary}}}"},"title":"{{{Canary}}}"}""")).GetProperty("id").GetString()!;
        foreach (var json in (string[])[$$"""{"task_name":"echo","max_retries":"{{Canary}}"}""", $$$"""{"task_name":"echo","kwargs":{"token":"{{{Canary}}}"},"timeout":-1}"""])
        {
            (await Api.Post("jobs", json)).Expect(HttpStatusCode.BadRequest);
            var bus = await Api.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{BusAddresses.SubmitJob}"));
            await bus.Send(new Bus.Anything(), x => x.Serializer = new Bus.RawText(json));
        }
        (await Api.Post($"jobs/{id}/cancel", $$"""{"reason":"leaked password={{Canary}} and Bearer {{Canary}}"}""")).Expect(HttpStatusCode.OK);
        (await Api.Put("queues/idle", $$"""{"description":"api_key: {{Canary}}"}""")).Expect(HttpStatusCode.OK);

        await Eventually.Holds(async () => Texts(await Entries("")).Count(x => x.Contains("SubmitJob bus refused", StringComparison.Ordinal)) == 1, TimeSpan.FromSeconds(10));
        var trail = (await Api.Get("audit?limit=1000")).Text;
        Assert.Contains("[redacted]", trail, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, trail, StringComparison.Ordinal);
        Assert.NotEmpty(Api.Log.Lines);
        Assert.DoesNotContain(Api.Log.Lines, x => x.Contains(Canary, StringComparison.Ordinal));
    }

    /// <summary>A stranger must not fill the table; who asks a question changes nothing.</summary>
    [Fact]
    public async Task StrangersAndQuestions_LeaveNothing()
    {
        (await Api.As(null, HttpMethod.Post, "queues/idle/pause")).Expect(HttpStatusCode.Unauthorized);
        (await Api.As(Callers.Key("jsk_made-up"), HttpMethod.Post, "jobs", "{}")).Expect(HttpStatusCode.Unauthorized);
        (await Api.Get("queues")).Expect(HttpStatusCode.OK);
        (await Api.Put("queues/idle", "{}")).Expect(HttpStatusCode.Created);

        Assert.Equal(["PutQueue api done"], Texts(await Entries("")));
        Assert.Contains(Api.Log.Lines, x => x.Contains("requests without valid credentials", StringComparison.Ordinal));
    }

    /// <summary>2,000 jobs are not 2,000 entries.</summary>
    [Fact]
    public async Task Submissions_ManyAtOnce_ShareEntries()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Api.As(Callers.Alice, HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle"}""")));

        await Eventually.Holds(async () => (await Entries("actor=alice")).Sum(Count) == 200, TimeSpan.FromSeconds(10));
        var entries = await Entries("actor=alice");
        Assert.InRange(entries.Count, 1, 20);
        Assert.Equal(200, entries.SelectMany(Ids).Distinct().Count());

        static int Count(JsonElement entry) => entry.GetProperty("details").GetProperty("count").GetInt32();
        static IEnumerable<string> Ids(JsonElement entry) => entry.GetProperty("details").TryGetProperty("ids", out var ids)
            ? ids.EnumerateArray().Select(x => x.GetString()!)
            : [entry.GetProperty("object_id").GetString()!];
    }

    /// <summary>Other services hand theirs in over the bus, and may do so twice.</summary>
    [Fact]
    public async Task Entry_HandedInTwice_IsKeptOnce()
    {
        var item = new RecordAuditItem
        {
            Key = Guid.CreateVersion7(),
            At = TimeProvider.System.GetUtcNow(),
            Actor = "alice",
            Credential = "token",
            Surface = "api",
            Action = "CreateSchedule",
            ObjectType = "schedule",
            Outcome = "done",
            Details = "not a JSON object",
        };
        var endpoint = await Api.Services.GetRequiredService<IBus>().GetSendEndpoint(new($"exchange:{BusAddresses.Audit}"));
        await endpoint.Send(new RecordAudit { Items = [item, item] });
        await endpoint.Send(new RecordAudit { Items = [item, item with { Key = Guid.CreateVersion7(), Action = "DeleteSchedule" }] });

        await Eventually.Holds(async () => (await Entries("action=DeleteSchedule")).Count == 1, TimeSpan.FromSeconds(10));
        Assert.Equal(["CreateSchedule api done", "DeleteSchedule api done"], Texts(await Entries("actor=alice")));
        Assert.True((await Api.Get("audit/verify")).Expect(HttpStatusCode.OK).GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task List_FiltersAndPages()
    {
        for (var i = 0; i < 5; i++)
        {
            (await Api.As(Callers.Manager, HttpMethod.Put, $"queues/queue{i}", "{}")).Expect(HttpStatusCode.Created);
        }
        (await Api.As(Callers.Alice, HttpMethod.Put, "queues/queue1", "{}")).Expect(HttpStatusCode.Forbidden);
        var first = (await Entries("")).Single(x => x.GetProperty("object_id").ValueEquals("queue0"));

        foreach (var (query, count) in ((string, int)[])
            [("", 6), ("actor=mary", 5), ("actor=alice&outcome=refused", 1), ("outcome=done", 5), ("object_id=queue1", 2), ("object_type=queue", 6), ("object_type=job", 0),
                ("surface=api", 6), ("surface=bus", 0), ("q=QUEUE3", 1), ("q=%25", 0), ("q=forbidden", 1), ("action=PutQueue", 6), ($"before={first.GetProperty("at")}", 0), ($"after={first.GetProperty("at")}", 6)])
        {
            Assert.True((await Entries(query)).Count == count, $"{query}: {(await Api.Get($"audit?{query}")).Text}");
        }
        var (seen, cursor) = (new List<long>(), "");
        do
        {
            var page = (await Api.Get($"audit?limit=2{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}")).Expect(HttpStatusCode.OK);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("id").GetInt64()));
            cursor = page.GetProperty("next_cursor").GetString() ?? "";
        }
        while (cursor.Length > 0 && seen.Count < 10);
        Assert.Equal([6, 5, 4, 3, 2, 1], seen);
        foreach (var (query, field) in ((string, string)[])[("outcome=maybe", "outcome"), ("cursor=x", "cursor"), ("after=yesterday", "after"), ("colour=red", "colour")])
        {
            Assert.Contains("expected", (await Api.Get($"audit?{query}")).About(field), StringComparison.Ordinal);
        }
        Assert.Contains("expected", (await Api.Get("audit/verify?after_id=3")).About("after_hash"), StringComparison.Ordinal);
        (await Api.As(Callers.Manager, HttpMethod.Get, "audit")).Refused(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Verify_TamperedWhileRunning_SaysWhich()
    {
        foreach (var queue in (string[])["one", "two", "three"])
        {
            (await Api.Put($"queues/{queue}", "{}")).Expect(HttpStatusCode.Created);
        }
        await using (var context = await Api.Services.GetRequiredService<IDbContextFactory<JobsDbContext>>().CreateDbContextAsync())
        {
            await context.Database.ExecuteSqlRawAsync(Servers ? "alter table audit_entries disable trigger all" : "drop trigger audit_entries_keep");
            await context.Database.ExecuteSqlRawAsync("update audit_entries set object_id = 'zero' where id = 2");
        }

        var verdict = (await Api.Get("audit/verify")).Expect(HttpStatusCode.OK);
        Assert.Equal((false, 1, 2), (verdict.GetProperty("valid").GetBoolean(), verdict.GetProperty("entries").GetInt32(), verdict.GetProperty("first_broken").GetProperty("id").GetInt32()));
        Assert.StartsWith("Entry 2 is not what it was", verdict.GetProperty("first_broken").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    async Task<List<JsonElement>> Entries(string query) =>
        [.. (await Api.Get(string.Create(CultureInfo.InvariantCulture, $"audit?limit=1000&{query}").TrimEnd('&'))).Expect(HttpStatusCode.OK).GetProperty("items").EnumerateArray()];

    static IEnumerable<string> Texts(IEnumerable<JsonElement> entries) =>
        entries.Select(x => $"{x.GetProperty("action")} {x.GetProperty("surface")} {x.GetProperty("outcome")}").Order(StringComparer.Ordinal);
}
