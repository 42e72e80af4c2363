using System.Net;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Gateway.Tests;

public sealed class RateLimitTests : IAsyncLifetime
{
    const int Burst = 3;
    Backend backend = null!;

    public async Task InitializeAsync() => backend = await Backend.Start("one");

    public async Task DisposeAsync() => await backend.DisposeAsync();

    [Fact]
    public async Task Caller_TooFast_Answers429AndOthersGoOn()
    {
        await using var gateway = await Start(("JOBSYSTEM_RATE_LIMIT_PER_SECOND", "1"), ("JOBSYSTEM_RATE_LIMIT_BURST", $"{Burst}"));

        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < Burst + 2; i++)
        {
            answers.Add(await As(gateway, "X-API-Key", "alice's"));
        }

        Assert.All(answers.Take(Burst), x => Assert.Equal(HttpStatusCode.OK, x.StatusCode));
        var problem = await TestGateway.Problem(answers[^1], 429);
        Assert.Equal("rate_limited", problem.GetProperty("code").GetString());
        Assert.InRange(answers[^1].Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 2);
        Assert.InRange(backend.Arrivals.Count, Burst, Burst + 1);

        Assert.Equal(HttpStatusCode.OK, (await As(gateway, "X-API-Key", "bob's")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await As(gateway, "Authorization", "Bearer alice's")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Get("/api/v1/jobs")).StatusCode);

        await Task.Delay(answers[^1].Headers.RetryAfter!.Delta!.Value + TimeSpan.FromSeconds(0.2));
        Assert.Equal(HttpStatusCode.OK, (await As(gateway, "X-API-Key", "alice's")).StatusCode);
    }

    /// <summary>Without credentials the address counts, and behind a known proxy what that proxy says.</summary>
    [Fact]
    public async Task Stranger_TooFast_IsKnownByItsAddress()
    {
        await using var gateway = await Start(("JOBSYSTEM_RATE_LIMIT_PER_SECOND", "1"), ("JOBSYSTEM_TRUSTED_PROXIES", "127.0.0.1"));

        Assert.Equal(HttpStatusCode.OK, (await As(gateway, "X-Forwarded-For", "10.0.0.7")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await As(gateway, "X-Forwarded-For", "10.0.0.7")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await As(gateway, "X-Forwarded-For", "10.0.0.8, 10.0.0.7")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await As(gateway, "X-Forwarded-For", "10.0.0.8")).StatusCode);
        Assert.Equal(["10.0.0.7", "10.0.0.8"], backend.Arrivals.Select(x => x.Headers["X-Forwarded-For"]));
    }

    [Fact]
    public async Task Default_IsNoLimit()
    {
        await using var gateway = await Start();

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => As(gateway, "X-API-Key", "alice's")));

        Assert.All(answers, x => Assert.Equal(HttpStatusCode.OK, x.StatusCode));
    }

    [Fact]
    public async Task Setting_Wrong_NamesIt()
    {
        var wrong = await Assert.ThrowsAsync<SettingException>(() => Start(("JOBSYSTEM_RATE_LIMIT_PER_SECOND", "many")));

        Assert.Contains("JOBSYSTEM_RATE_LIMIT_PER_SECOND is 'many'", wrong.Message, StringComparison.Ordinal);
    }

    async Task<TestGateway> Start(params (string Name, string Value)[] settings)
    {
        var gateway = await TestGateway.Start([backend.Url], settings: settings);
        await gateway.IsReady();
        return gateway;
    }

    static async Task<HttpResponseMessage> As(TestGateway gateway, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/jobs");
        request.Headers.TryAddWithoutValidation(header, value);
        return await gateway.Http.SendAsync(request);
    }
}
