using System.Net;
using System.Text;
using System.Text.Json;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace JobSystem.JobApi.Tests.Access;

/// <summary>The life of API keys, on both databases.</summary>
public abstract class ApiKeyTests : IAsyncLifetime
{
    protected JobApiHost Api { get; private set; } = null!;

    protected abstract bool Servers { get; }

    public async Task InitializeAsync() => Api = await Callers.Start(Servers);

    public async Task DisposeAsync() => await Api.DisposeAsync();

    [Fact]
    public async Task Key_Issued_WorksAndIsShownOnce()
    {
        var reply = await Api.Post("api-keys", """{"name":"nightly","owner":"alice","permissions":["view_jobs"],"expires_in":3600}""");
        var issued = reply.Expect(HttpStatusCode.Created);
        var (id, key) = (issued.GetProperty("id").GetString()!, issued.GetProperty("key").GetString()!);
        Assert.Equal($"/api/v1/api-keys/{id}", reply.Headers.Location!.ToString());
        Assert.True(reply.Headers.CacheControl!.NoStore);
        Assert.Equal(["id", "name", "owner", "permissions", "queues", "tasks", "prefix", "key", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at"], issued.EnumerateObject().Select(x => x.Name));
        Assert.Equal(key[..12], issued.GetProperty("prefix").GetString());
        Assert.Equal("admin", issued.GetProperty("created_by").GetString());
        Assert.Equal(3600, (issued.GetProperty("expires_at").GetDateTimeOffset() - issued.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds);

        (await Api.As(Callers.Key(key), HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle"}""")).Expect(HttpStatusCode.Created);
        (await Api.As(Callers.Key(key), HttpMethod.Get, "queues")).Expect(HttpStatusCode.OK);
        (await Api.As(Callers.Key(key), HttpMethod.Post, "queues/idle/pause")).Refused(HttpStatusCode.Forbidden, "forbidden");
        (await Api.As(Callers.Key(key), HttpMethod.Get, "api-keys")).Refused(HttpStatusCode.Forbidden, "forbidden");

        var one = (await Api.Get($"api-keys/{id}")).Expect(HttpStatusCode.OK);
        Assert.False(one.TryGetProperty("key", out _));
        await Eventually.Holds(async () => (await Api.Get($"api-keys/{id}")).Json.GetProperty("last_used_at").ValueKind == JsonValueKind.String, TimeSpan.FromSeconds(10));
        var list = await Api.Get("api-keys");
        Assert.Contains(list.Expect(HttpStatusCode.OK).GetProperty("items").EnumerateArray(), x => x.GetProperty("id").GetString() == id && x.GetProperty("prefix").GetString() == key[..12]);
        Assert.DoesNotContain(key, list.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WithoutOwner_OwnsWhatIsDoneInItsName()
    {
        var issued = (await Api.Post("api-keys", """{"name":"billing"}""")).Expect(HttpStatusCode.Created);
        var job = (await Api.As(Callers.Key(issued.GetProperty("key").GetString()!), HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle"}""")).Expect(HttpStatusCode.Created);

        Assert.Equal(("billing", "billing"), (issued.GetProperty("owner").GetString(), job.GetProperty("owner").GetString()));
        Assert.Equal((0, JsonValueKind.Null), (issued.GetProperty("permissions").GetArrayLength(), issued.GetProperty("expires_at").ValueKind));
    }

    [Fact]
    public async Task Key_Expired_Answers401()
    {
        var key = (await Api.Post("api-keys", """{"name":"brief","expires_in":0.8}""")).Expect(HttpStatusCode.Created).GetProperty("key").GetString()!;
        (await Api.As(Callers.Key(key), HttpMethod.Get, "tasks")).Expect(HttpStatusCode.OK);

        await Eventually.Holds(async () => (await Api.As(Callers.Key(key), HttpMethod.Get, "tasks")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Key_Revoked_Answers401AtOnceAndIsKept()
    {
        var issued = (await Api.Post("api-keys", """{"name":"lost"}""")).Expect(HttpStatusCode.Created);
        var (id, key) = (issued.GetProperty("id").GetString()!, issued.GetProperty("key").GetString()!);
        (await Api.As(Callers.Key(key), HttpMethod.Get, "tasks")).Expect(HttpStatusCode.OK);

        (await Api.Send(HttpMethod.Delete, $"api-keys/{id}", null)).Expect(HttpStatusCode.NoContent);

        (await Api.As(Callers.Key(key), HttpMethod.Get, "tasks")).Refused(HttpStatusCode.Unauthorized, "unauthorized");
        var first = (await Api.Get($"api-keys/{id}")).Json.GetProperty("revoked_at").GetDateTimeOffset();
        (await Api.Send(HttpMethod.Delete, $"api-keys/{id}", null)).Expect(HttpStatusCode.NoContent);
        Assert.Equal(first, (await Api.Get($"api-keys/{id}")).Json.GetProperty("revoked_at").GetDateTimeOffset());
        (await Api.Send(HttpMethod.Delete, $"api-keys/{Guid.CreateVersion7()}", null)).Refused(HttpStatusCode.NotFound, "api_key_not_found");
    }

    [Fact]
    public async Task Key_Revoked_EndsItsStreams()
    {
        var issued = (await Api.Post("api-keys", """{"name":"watcher","permissions":["view_jobs"]}""")).Expect(HttpStatusCode.Created);
        var caller = Callers.Key(issued.GetProperty("key").GetString()!);
        var job = (await Api.Submit("""{"task_name":"echo","queue_name":"idle"}""")).GetProperty("id").GetString();
        using var http = new HttpClient { BaseAddress = Api.Http.BaseAddress };
        await using var all = await EventStream.Open(http, "events/stream", credentials: caller);
        await using var one = await EventStream.Open(http, $"jobs/{job}/stream", credentials: caller);
        await using var other = await EventStream.Open(http, "events/stream?queue_name=later", credentials: Callers.Viewer);
        Assert.Equal("created", (await one.Next())!.Word);

        (await Api.Send(HttpMethod.Delete, $"api-keys/{issued.GetProperty("id").GetString()}", null)).Expect(HttpStatusCode.NoContent);

        await Task.WhenAll(all.Rest(), one.Rest()).WaitAsync(TimeSpan.FromSeconds(6));
        // Whoever's credentials are good hears on
        var next = (await Api.Submit("""{"task_name":"echo","queue_name":"later","delay":3600}""")).GetProperty("id").GetString();
        Assert.Equal(next, (await other.Next())!.JobId);
    }

    [Fact]
    public async Task Token_Expired_EndsItsStreams()
    {
        // Clocks may differ by 30 s, so it is good for three seconds more
        using var http = new HttpClient { BaseAddress = Api.Http.BaseAddress };
        await using var all = await EventStream.Open(http, "events/stream?queue_name=nothing", credentials: Callers.Token("brief", TimeSpan.FromSeconds(-27)));
        Assert.Empty(await all.Rest().WaitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <summary>No key and no token is anywhere but in the answer that issued it.</summary>
    [Fact]
    public async Task Secrets_AreNeitherStoredNorLogged()
    {
        var key = (await Api.Post("api-keys", """{"name":"canary"}""")).Expect(HttpStatusCode.Created).GetProperty("key").GetString()!;
        var token = Callers.Token("canary", "view_jobs");
        (await Api.As(Callers.Key(key), HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle"}""")).Expect(HttpStatusCode.Created);
        (await Api.As(token, HttpMethod.Get, "jobs")).Expect(HttpStatusCode.OK);
        (await Api.As(("Authorization", token.Item2 + "x"), HttpMethod.Get, "jobs")).Expect(HttpStatusCode.Unauthorized);
        (await Api.As(Callers.Key(key[..^1]), HttpMethod.Get, "jobs")).Expect(HttpStatusCode.Unauthorized);
        // so that the note of its use has been written
        await Eventually.Holds(async () => (await Api.Get("api-keys")).Text.Contains("\"last_used_at\":\"", StringComparison.Ordinal), TimeSpan.FromSeconds(10));

        var kept = await Everything();
        Assert.Contains("canary", kept, StringComparison.Ordinal);
        Assert.NotEmpty(Api.Log.Lines);
        foreach (var secret in (string[])[key, key["jsk_".Length..], key[12..], token.Item2["Bearer ".Length..], token.Item2.Split('.')[2]])
        {
            Assert.DoesNotContain(secret, kept, StringComparison.Ordinal);
            Assert.DoesNotContain(Api.Log.Lines, x => x.Contains(secret, StringComparison.Ordinal));
        }
    }

    /// <summary>All that the database keeps, as text.</summary>
    protected abstract Task<string> Everything();
}

public sealed class ApiKeysOnSqliteTests : ApiKeyTests
{
    protected override bool Servers => false;

    protected override async Task<string> Everything()
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(Api.Folder, "*", SearchOption.AllDirectories))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            text.Append(await reader.ReadToEndAsync());
        }
        return text.ToString();
    }
}

public sealed class ApiKeysOnPostgresTests : ApiKeyTests
{
    protected override bool Servers => true;

    protected override async Task<string> Everything()
    {
        var tables = await Texts("select table_name::text from information_schema.tables where table_schema = 'public'");
        Assert.Contains("api_keys", tables);
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            text.AppendJoin('\n', await Texts($"select to_jsonb(t)::text from {table} t"));
        }
        return text.ToString();
    }

    async Task<List<string>> Texts(string sql)
    {
        await using var command = Api.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
        {
            texts.Add(reader.GetString(0));
        }
        return texts;
    }

    [Fact]
    public async Task Key_Revoked_StopsOnEveryInstance()
    {
        await using var other = await Api.Another();
        var issued = (await Api.Post("api-keys", """{"name":"shared"}""")).Expect(HttpStatusCode.Created);
        var caller = Callers.Key(issued.GetProperty("key").GetString()!);
        (await Api.As(caller, HttpMethod.Get, "tasks")).Expect(HttpStatusCode.OK);
        (await other.As(caller, HttpMethod.Get, "tasks")).Expect(HttpStatusCode.OK);

        (await Api.Send(HttpMethod.Delete, $"api-keys/{issued.GetProperty("id").GetString()}", null)).Expect(HttpStatusCode.NoContent);

        (await Api.As(caller, HttpMethod.Get, "tasks")).Expect(HttpStatusCode.Unauthorized);
        await Eventually.Holds(async () => (await other.As(caller, HttpMethod.Get, "tasks")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(2));
    }
}
