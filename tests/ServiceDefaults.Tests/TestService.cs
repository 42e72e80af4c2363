using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>A small real service on a free port, with everything that the defaults bring.</summary>
sealed class TestService : IAsyncDisposable
{
    public const string Key = "a-key-for-tests-0123456789";
    readonly WebApplication app;

    TestService(WebApplication app) => (this.app, Http) = (app, new() { BaseAddress = new(app.Urls.First()) });

    public IServiceProvider Services => app.Services;

    /// <summary>Sends no key by itself.</summary>
    public HttpClient Http { get; }

    public static Task<TestService> Start(
        Action<WebApplicationBuilder> add, Action<WebApplication> map, params (string Name, string Value)[] settings) =>
        Start(add, map, null, settings);

    /// <param name="first">Adds middleware in front of everything.</param>
    public static async Task<TestService> Start(
        Action<WebApplicationBuilder> add, Action<WebApplication> map, Action<WebApplication>? first,
        params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_ADMIN_KEY"] = Key,
            ["JOBSYSTEM_RABBITMQ"] = "",
            ["Logging:LogLevel:Default"] = "None",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(x => KeyValuePair.Create(x.Name, (string?)x.Value)));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        add(builder);
        var app = builder.Build();
        first?.Invoke(app);
        app.MapServiceDefaults();
        map(app);
        await app.StartAsync();
        return new(app);
    }

    /// <summary>The error body, after checking what every one of them must have.</summary>
    public static async Task<JsonElement> Problem(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"expected {status}, got {(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        foreach (var member in (string[])["type", "title", "detail", "code", "trace_id"])
        {
            Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty(member).GetString()), $"{member} is empty: {text}");
        }

        Assert.Equal($"urn:jobsystem:error:{problem.GetProperty("code").GetString()}", problem.GetProperty("type").GetString());
        Assert.DoesNotContain(" at JobSystem.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
        return problem;
    }

    public Task Stop() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
    }
}
