using System.Text.Json;
using JobSystem.ServiceDefaults;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace JobSystem.Gateway.Tests;

/// <summary>The gateway itself, on a free port, in front of the given instances of the job API.</summary>
sealed class TestGateway : IAsyncDisposable
{
    readonly WebApplication app;

    TestGateway(WebApplication app)
    {
        this.app = app;
        Http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromSeconds(30) };
    }

    public HttpClient Http { get; }

    public static async Task<TestGateway> Start(
        IEnumerable<string> jobApis, double timeoutSeconds = 15, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_JOBAPI_URLS"] = string.Join(',', jobApis),
            ["JOBSYSTEM_GATEWAY_TIMEOUT_SECONDS"] = timeoutSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Logging:LogLevel:Default"] = "None",
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "None",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(x => KeyValuePair.Create<string, string?>(x.Name, x.Value)));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.AddGateway();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapGateway();
        await app.StartAsync();
        return new(app);
    }

    public static Task<TestGateway> Start(params Backend[] jobApis) => Start(jobApis.Select(backend => backend.Url));

    public Task<HttpResponseMessage> Get(string path) => Http.GetAsync(new Uri(path, UriKind.Relative));

    public async Task<HttpResponseMessage> Post(string path, HttpContent? content = null) =>
        await Http.PostAsync(new Uri(path, UriKind.Relative), content);

    public Task IsReady() => Eventually.Holds(async () =>
    {
        using var answer = await Get("/health/ready");
        return answer.IsSuccessStatusCode;
    });

    public static async Task<JsonElement> Problem(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"expected {status}, got {(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
    }
}
