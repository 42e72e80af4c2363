using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>Takes batches as JobSystem does: all of one or none, and each job once. A test may answer otherwise.</summary>
sealed class FakeApi : IAsyncDisposable
{
    readonly WebApplication app;

    FakeApi(WebApplication app) => this.app = app;

    public string Url => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>Returns what is answered; null to accept the batch.</summary>
    public Func<PostedBatch, Task<IResult?>> Answer { get; set; } = _ => Task.FromResult<IResult?>(null);

    /// <summary>All batches that came, in order.</summary>
    public ConcurrentQueue<PostedBatch> Batches { get; } = [];

    /// <summary>How often each job was accepted, by its idempotency key.</summary>
    public ConcurrentDictionary<string, int> Accepted { get; } = [];

    public static async Task<FakeApi> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var api = new FakeApi(builder.Build());
        api.app.MapPost("/api/v1/jobs/batch", api.Take);
        api.app.MapGet("/api/v1/jobs/{id}", api.Get);
        api.app.MapGet("/api/v1/jobs/{id}/wait", api.Get);
        await api.app.StartAsync();
        return api;
    }

    public static IResult Problem(int status, string code, params (string Field, string Message)[] errors) => Results.Json(
        new { status, code, detail = $"refused with {code}", errors = errors.ToDictionary(x => x.Field, x => (string[])[x.Message]) },
        contentType: "application/problem+json", statusCode: status);

    /// <summary>Refuses the jobs that a test chooses, as JobSystem names them.</summary>
    public static IResult? Refuse(PostedBatch batch, Func<JsonElement, bool> which, string field = "kwargs", string code = "validation_failed")
    {
        var places = batch.Jobs.Index().Where(x => which(x.Item)).Select(x => ($"jobs[{x.Index}].{field}", "is wrong")).ToArray();
        return places.Length == 0 ? null : Problem(400, code, places);
    }

    public static string Text(JsonElement job) => job.GetProperty("kwargs").GetProperty("text").GetString()!;

    IResult Get(string id) => Accepted.ContainsKey(id)
        ? Results.Json(new { id, task_name = "make_note", status = "completed", created_at = "2026-01-01T00:00:00Z" })
        : Problem(404, "job_not_found");

    async Task<IResult> Take(HttpRequest request, JsonElement body)
    {
        var batch = new PostedBatch(
            $"{request.Headers["X-API-Key"]}", request.Headers.TraceParent, [.. body.GetProperty("jobs").EnumerateArray().Select(x => x.Clone())]);
        Batches.Enqueue(batch);
        if (await Answer(batch) is { } answer)
        {
            return answer;
        }
        foreach (var id in batch.Ids)
        {
            Accepted.AddOrUpdate(id, 1, (_, times) => times + 1);
        }
        return Results.Json(new { ids = batch.Ids, count = batch.Ids.Count }, statusCode: 201);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <param name="Key">The caller's API key.</param>
/// <param name="TraceParent">The caller's trace.</param>
/// <param name="Jobs">The jobs.</param>
sealed record PostedBatch(string Key, string? TraceParent, IReadOnlyList<JsonElement> Jobs)
{
    public IReadOnlyList<string> Ids { get; } = [.. Jobs.Select(x => x.GetProperty("idempotency_key").GetString()!)];
}
