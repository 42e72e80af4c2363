using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>When a relay is killed.</summary>
public enum KillPoint
{
    /// <summary>It has claimed rows, and its request does not arrive.</summary>
    BeforePost,

    /// <summary>The jobs are there, and it does not hear of it.</summary>
    BeforeAnswer,

    /// <summary>It has the answer, and may or may not have deleted the rows.</summary>
    AfterAnswer,
}

/// <summary>Stands before the system, and has whoever posts killed at a certain point of a certain request.</summary>
sealed class KillingGateway(string system) : IAsyncDisposable
{
    readonly HttpClient http = new();
    WebApplication? app;
    KillPoint point;
    Action kill = () => { };
    int requests;

    public string Url => app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>How often each job was passed on.</summary>
    public ConcurrentDictionary<string, int> Passed { get; } = [];

    /// <summary>True if it has killed since it was armed.</summary>
    public bool HasKilled { get; private set; }

    public async Task Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        app = builder.Build();
        app.MapPost("/api/v1/jobs/batch", Take);
        await app.StartAsync();
    }

    /// <summary>Kills with the second request from now.</summary>
    public void Arm(KillPoint at, Action with) => (point, kill, requests, HasKilled) = (at, with, 0, false);

    async Task Take(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var kills = Interlocked.Increment(ref requests) == 2;
        if (kills && point == KillPoint.BeforePost)
        {
            Kill();
            context.Abort();
            return;
        }
        var (status, answer) = await Pass(body.RootElement, $"{context.Request.Headers["X-API-Key"]}");
        if (kills && point == KillPoint.BeforeAnswer)
        {
            Kill();
            context.Abort();
            return;
        }
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(answer);
        await context.Response.CompleteAsync();
        if (kills)
        {
            Kill();
        }
    }

    void Kill()
    {
        kill();
        HasKilled = true;
    }

    async Task<(int Status, byte[] Answer)> Pass(JsonElement body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{system}/api/v1/jobs/batch")
        {
            Content = new StringContent(body.GetRawText(), System.Text.Encoding.UTF8, "application/json"),
            Headers = { { "X-API-Key", key } },
        };
        using var response = await http.SendAsync(request);
        foreach (var job in body.GetProperty("jobs").EnumerateArray())
        {
            Passed.AddOrUpdate(job.GetProperty("job_id").GetString()!, 1, (_, times) => times + 1);
        }
        return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await app!.DisposeAsync();
        http.Dispose();
    }
}
