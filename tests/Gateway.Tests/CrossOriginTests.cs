using System.Net;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Http;

namespace JobSystem.Gateway.Tests;

/// <summary>Pages of other origins call the API as far as <c>JOBSYSTEM_CORS_ORIGINS</c> says so.</summary>
public sealed class CrossOriginTests : IAsyncLifetime
{
    const string Setting = "JOBSYSTEM_CORS_ORIGINS";
    const string App = "https://app.example.com";
    Backend backend = null!;

    public async Task InitializeAsync() => backend = await Backend.Start("one");

    public async Task DisposeAsync() => await backend.DisposeAsync();

    [Fact]
    public async Task Preflight_OfAnAllowedOrigin_IsAnsweredByTheGateway()
    {
        await using var gateway = await Start($"http://localhost:5173, {App}");

        using var answer = await Preflight(gateway, App, "PUT", "x-api-key,content-type,traceparent");

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal([App], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("PUT", answer.Headers.GetValues("Access-Control-Allow-Methods").Single().Split(','));
        var headers = answer.Headers.GetValues("Access-Control-Allow-Headers").Single().Split(',');
        Assert.Contains("X-API-Key", headers);
        Assert.Contains("traceparent", headers);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        Assert.Empty(backend.Arrivals);
    }

    [Theory]
    [InlineData("https://elsewhere.example.com")]
    [InlineData("http://app.example.com")]
    [InlineData("https://app.example.com:8443")]
    [InlineData("null")]
    public async Task Calls_OfAnotherOrigin_AreNotAllowed(string origin)
    {
        await using var gateway = await Start($"http://localhost:5173, {App}");

        using var preflight = await Preflight(gateway, origin, "GET", "x-api-key");
        using var call = await Call(gateway, origin, "/api/v1/jobs");

        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(call.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Answers_ToAnAllowedOrigin_ShowTheirHeaders()
    {
        backend.Behaviour = http =>
        {
            http.Response.StatusCode = StatusCodes.Status201Created;
            http.Response.Headers.Location = "/api/v1/jobs/a";
            return Task.CompletedTask;
        };
        await using var gateway = await Start("HTTPS://App.Example.com:443/");

        using var answer = await Call(gateway, App, "/api/v1/jobs");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal([App], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        var shown = answer.Headers.GetValues("Access-Control-Expose-Headers").Single().Split(',');
        Assert.Equal(["Location", "Retry-After", "ETag", "WWW-Authenticate"], shown);
    }

    /// <summary>A page that may not read an error could not tell it from a lost connection.</summary>
    [Fact]
    public async Task Refusals_ByTheGateway_CanBeRead()
    {
        await using var gateway = await Start(App, ("JOBSYSTEM_RATE_LIMIT_PER_SECOND", "1"));

        using var first = await Call(gateway, App, "/api/v1/jobs");
        using var tooFast = await Call(gateway, App, "/api/v1/jobs");
        using var unknown = await Call(gateway, App, "/nowhere");

        Assert.Equal(HttpStatusCode.TooManyRequests, tooFast.StatusCode);
        Assert.Equal([App], tooFast.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal([App], unknown.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task All_Allowed_NeverWithCookies()
    {
        await using var gateway = await Start("*");

        using var answer = await Preflight(gateway, "https://anybody.example.com", "POST", "content-type");

        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Default_IsNobody()
    {
        await using var gateway = await Start("");

        using var answer = await Call(gateway, App, "/api/v1/jobs");

        Assert.DoesNotContain(answer.Headers, x => x.Key.StartsWith("Access-Control-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("app.example.com", "contains 'app.example.com', which is not an origin such as https://app.example.com")]
    [InlineData("https://app.example.com/shop", "contains 'https://app.example.com/shop'")]
    [InlineData("https://*.example.com", "contains 'https://*.example.com'")]
    [InlineData("https://user@app.example.com", "contains 'https://user@app.example.com'")]
    [InlineData("ftp://app.example.com", "contains 'ftp://app.example.com'")]
    [InlineData("https://app.example.com, null", "contains 'null'")]
    [InlineData("https://app.example.com, *", "contains '*', which stands for all origins, and others")]
    public async Task Setting_Wrong_NamesIt(string value, string expected)
    {
        var wrong = await Assert.ThrowsAsync<SettingException>(() => Start(value));

        Assert.Contains($"{Setting} {expected}", wrong.Message, StringComparison.Ordinal);
    }

    async Task<TestGateway> Start(string origins, params (string Name, string Value)[] settings)
    {
        var gateway = await TestGateway.Start([backend.Url], settings: [.. settings, (Setting, origins)]);
        await gateway.IsReady();
        return gateway;
    }

    static async Task<HttpResponseMessage> Preflight(TestGateway gateway, string origin, string method, string headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri("/api/v1/queues/letters", UriKind.Relative));
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return await gateway.Http.SendAsync(request);
    }

    static async Task<HttpResponseMessage> Call(TestGateway gateway, string origin, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Add("Origin", origin);
        return await gateway.Http.SendAsync(request);
    }
}
