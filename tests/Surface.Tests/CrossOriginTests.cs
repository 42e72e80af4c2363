using System.Net;
using System.Text;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.Support.SingleProcess;

namespace JobSystem.Surface.Tests;

/// <summary>What a browser asks before, and may read after, a call by a page of another origin; of the single process.</summary>
public sealed class CrossOriginTests : IAsyncLifetime
{
    const string App = "https://app.example.com";
    readonly HttpClient http = new();
    RunningSystem system = null!;

    public async Task InitializeAsync()
    {
        system = await Start(App);
        http.BaseAddress = new(system.Url);
    }

    [Fact]
    public async Task Job_OfAnAllowedPage_IsCreatedAndItsAnswerRead()
    {
        using var preflight = await Send(HttpMethod.Options, App, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,x-api-key"));
        using var created = await Send(HttpMethod.Post, App, ("X-API-Key", system.AdminKey));
        using var refused = await Send(HttpMethod.Post, App, ("X-API-Key", "wrong"));

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal([App], preflight.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("POST", preflight.Headers.GetValues("Access-Control-Allow-Methods").Single().Split(','));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal([App], created.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("Location", created.Headers.GetValues("Access-Control-Expose-Headers").Single().Split(','));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal([App], refused.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False(created.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Page_OfAnotherOrigin_IsNotAllowed()
    {
        using var preflight = await Send(HttpMethod.Options, "https://elsewhere.example.com", ("Access-Control-Request-Method", "POST"));

        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Setting_Wrong_EndsTheStart()
    {
        var wrong = await Assert.ThrowsAsync<SettingException>(() => Start("app.example.com"));

        Assert.StartsWith("JOBSYSTEM_CORS_ORIGINS contains 'app.example.com'", wrong.Message, StringComparison.Ordinal);
    }

    static Task<RunningSystem> Start(string origins) => RunningSystem.Start(slots: 1, new Dictionary<string, string?> { ["JOBSYSTEM_CORS_ORIGINS"] = origins });

    async Task<HttpResponseMessage> Send(HttpMethod method, string origin, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/jobs") { Content = new StringContent("""{"task_name":"echo"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("Origin", origin);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        return await http.SendAsync(request);
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await system.DisposeAsync();
    }
}
