using System.Net;

namespace JobSystem.Gateway.Tests;

public sealed class RequestHygieneTests : IAsyncLifetime
{
    const int MiB = 1024 * 1024;
    Backend backend = null!;
    TestGateway gateway = null!;

    public async Task InitializeAsync()
    {
        backend = await Backend.Start("one");
        gateway = await TestGateway.Start(backend);
        await gateway.IsReady();
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await backend.DisposeAsync();
    }

    [Theory]
    [InlineData("/api/v1/jobs", MiB, 200)]
    [InlineData("/api/v1/jobs", MiB + 1, 413)]
    [InlineData("/api/v1/jobs/run-sync", MiB + 1, 413)]
    [InlineData("/api/v1/jobs/batch", 3 * MiB, 200)]
    [InlineData("/api/v1/jobs/batch", 16 * MiB, 200)]
    [InlineData("/api/v1/jobs/batch", 16 * MiB + 1, 413)]
    public async Task Body_OfKnownLength_IsLimited(string path, int length, int status)
    {
        using var content = new ByteArrayContent(new byte[length]);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Headers = { ExpectContinue = true } };
        using var answer = await gateway.Http.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 413)
        {
            Assert.Equal("payload_too_large", (await TestGateway.Problem(answer, 413)).GetProperty("code").GetString());
            Assert.Empty(backend.Arrivals);
        }
    }

    /// <summary>HEAD is a service's to answer, as HEAD; and what the gateway cannot read gets a problem as well.</summary>
    [Fact]
    public async Task Head_IsPassedOn()
    {
        backend.Behaviour = context =>
        {
            context.Response.ContentLength = 7;
            return Task.CompletedTask;
        };
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/v1/jobs");
        using var answer = await gateway.Http.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, 7L), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Equal("HEAD", Assert.Single(backend.Arrivals).Method);
    }

    [Fact]
    public async Task FirstPage_LeadsToTheDashboard()
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false
        })
        { BaseAddress = gateway.Http.BaseAddress };
        using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Equal((HttpStatusCode.Redirect, "/ui/"), (answer.StatusCode, answer.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task Body_ChunkedAndTooLong_Answers413()
    {
        using var content = new StreamContent(new Endless(2 * MiB));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs")
        {
            Content = content,
            Headers = { TransferEncodingChunked = true }
        };
        using var answer = await gateway.Http.SendAsync(request);

        await TestGateway.Problem(answer, 413);
    }

    /// <summary>The services decide who calls, so they have to get what the caller sent, and the caller what they answer.</summary>
    [Theory]
    [InlineData("/api/v1/jobs")]
    [InlineData("/api/v1/api-keys")]
    [InlineData("/api/v1/api-keys/1")]
    public async Task Credentials_PassUnchanged(string path)
    {
        backend.Behaviour = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = new(["Bearer realm=\"jobsystem\"", "ApiKey realm=\"jobsystem\""]);
            return Task.CompletedTask;
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer a.b-c_d.e==");
        request.Headers.Add("X-API-Key", "jsk_0123");
        using var answer = await gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(["Bearer", "ApiKey"], answer.Headers.WwwAuthenticate.Select(x => x.Scheme));
        var headers = backend.Arrivals.Single().Headers;
        Assert.Equal(("Bearer a.b-c_d.e==", "jsk_0123"), (headers["Authorization"], headers["X-API-Key"]));
    }

    [Fact]
    public async Task Headers_ThatPretend_AreReplaced()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/jobs");
        foreach (var name in (string[])[
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-User", "x-forwarded-anything",
                "Forwarded", "X-Real-IP", "X-HTTP-Method-Override", "X-Original-URL"])
        {
            request.Headers.TryAddWithoutValidation(name, "6.6.6.6");
        }

        using var answer = await gateway.Http.SendAsync(request);

        var headers = backend.Arrivals.Single().Headers;
        Assert.DoesNotContain(headers.Values, value => value.Contains("6.6.6.6", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.Equal(gateway.Http.BaseAddress!.Authority, headers["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task Headers_HopByHop_EndHere()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/jobs");
        request.Headers.TryAddWithoutValidation("Connection", "X-Secret-Hop");
        request.Headers.TryAddWithoutValidation("X-Secret-Hop", "1");
        request.Headers.TryAddWithoutValidation("Keep-Alive", "timeout=5");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eDp5");
        request.Headers.TryAddWithoutValidation("TE", "gzip");
        using var answer = await gateway.Http.SendAsync(request);

        var headers = backend.Arrivals.Single().Headers;
        foreach (var name in (string[])["Connection", "X-Secret-Hop", "Keep-Alive", "Proxy-Authorization", "TE"])
        {
            Assert.DoesNotContain(name, headers.Keys, StringComparer.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Headers_OfTheCaller_GoThrough()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs?x=1");
        request.Headers.Add("X-API-Key", "key");
        request.Headers.Add("Idempotency-Key", "once");
        using var answer = await gateway.Http.SendAsync(request);

        var headers = backend.Arrivals.Single().Headers;
        Assert.Equal(("key", "once"), (headers["X-API-Key"], headers["Idempotency-Key"]));
    }

    [Theory]
    [InlineData("/api/v1")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api/v1/jobsx")]
    [InlineData("/api/v2/jobs")]
    [InlineData("/admin")]
    public async Task Path_Unknown_Answers404(string path)
    {
        using var answer = await gateway.Get(path);

        Assert.Equal("not_found", (await TestGateway.Problem(answer, 404)).GetProperty("code").GetString());
        Assert.Empty(backend.Arrivals);
    }

    [Theory]
    [InlineData("/api/v1/jobs")]
    [InlineData("/api/v1/jobs/x/events")]
    [InlineData("/api/v1/jobs/x/wait")]
    [InlineData("/api/v1/jobs/run-sync")]
    [InlineData("/api/v1/tasks")]
    [InlineData("/api/v1/tasks/echo")]
    public async Task Path_OfTheJobApi_GoesThere(string path)
    {
        using var answer = await gateway.Get(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(path, backend.Arrivals.Single().Path);
    }

    [Fact]
    public async Task Path_OfAServiceThatIsNotThere_Answers503()
    {
        using var answer = await gateway.Get("/api/v1/schedules");

        await TestGateway.Problem(answer, 503);
    }

    /// <summary>A body whose length nobody knows beforehand.</summary>
    sealed class Endless(int length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;
    }
}
