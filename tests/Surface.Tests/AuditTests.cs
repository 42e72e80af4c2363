using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.Support;
using MassTransit;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Surface.Tests;

/// <summary>What each way of changing something leaves in the audit trail.</summary>
public sealed partial class AuditTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    static readonly TimeSpan tallied = TimeSpan.FromSeconds(5);
    static readonly string[] changing = ["POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Each call has an actor of its own, so that whatever it leaves is found, however late it comes.</summary>
    [Fact]
    public async Task Calls_Each_LeaveOneEntry()
    {
        var wrong = new ConcurrentBag<string>();
        var actors = new List<(string Actor, int Expected)>();
        foreach (var (number, call) in AuditRows.All.Index())
        {
            var actor = $"auditor {number}";
            var (prefix, key) = await Issue(actor, call.Permission);
            var (path, id) = await Fill(call.Call.Split(' ')[1]);
            var (status, answer) = await host.Send(call.Call.Split(' ')[0], path, call.Body, key);
            if (status != call.Status)
            {
                wrong.Add($"{call}: answered {status} {answer}");
            }
            actors.Add((actor, call.Entry.Length > 0 ? 1 : 0));
            if (call.Entry.Length > 0 && Difference(call, id, prefix, await Entries(actor)) is { } difference)
            {
                wrong.Add($"{call}: {difference}");
            }
        }
        // Nothing comes late: submissions are written within a second
        await host.Send("POST", "/api/v1/jobs", """{"task_name":"echo","queue_name":"still","job_id":"the-last-one"}""");
        await Eventually.Holds(async () => (await host.Send("GET", "/api/v1/audit?q=the-last-one")).Json.GetProperty("total").GetInt32() == 1, tallied);
        foreach (var (actor, expected) in actors)
        {
            var count = (await Page(actor)).Count;
            if (count != expected)
            {
                wrong.Add($"{AuditRows.All[actors.IndexOf((actor, expected))]}: {count} entries instead of {expected}");
            }
        }
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        var verdict = (await host.Send("GET", "/api/v1/audit/verify")).Json;
        Assert.True(verdict.GetProperty("valid").GetBoolean(), $"{verdict}");
    }

    [Fact]
    public async Task Bus_Commands_LeaveOneEntryEach()
    {
        var bus = host.Services.GetRequiredService<IBus>();
        var accepted = await bus.CreateRequestClient<SubmitJob>(new Uri($"exchange:{BusAddresses.SubmitJob}"))
            .GetResponse<JobAccepted, JobRejected>(new SubmitJob { TaskName = "echo", QueueName = "still" });
        Assert.True(accepted.Is(out Response<JobAccepted>? job));
        var id = job!.Message.JobId;
        await Ask(new CancelJob { JobId = id, Reason = "enough" }, BusAddresses.CancelJob);
        await Ask(new CancelJob { JobId = id }, BusAddresses.CancelJob);

        await Eventually.Holds(async () => (await Of(id)).Count == 3, tallied);
        Assert.Equal(["done CancelJob ", "done SubmitJob ", "refused CancelJob job_final"],
            (await Of(id)).Select(x => $"{x.GetProperty("outcome")} {x.GetProperty("action")} {x.GetProperty("code")}").Order(StringComparer.Ordinal));
        Assert.All(await Of(id), x => Assert.Equal(("bus", "bus", JsonValueKind.Null), (x.GetProperty("surface").GetString(), x.GetProperty("actor").GetString(), x.GetProperty("address").ValueKind)));
        Assert.Contains(await Of(id), x => x.GetProperty("details").ToString() == """{"reason":"enough"}""");

        async Task Ask<T>(T command, string address) where T : class =>
            await bus.CreateRequestClient<T>(new Uri($"exchange:{address}")).GetResponse<JobAccepted, JobRejected>(command);
        async Task<List<JsonElement>> Of(string job) => [.. (await host.Send("GET", $"/api/v1/audit?object_id={job}")).Json.GetProperty("items").EnumerateArray()];
    }

    /// <summary>What workers over HTTP say about attempts is in the histories of the jobs, as it is for workers on the bus.</summary>
    static readonly string[] protocol =
    [
        "/api/v1/worker-sessions/{sessionId}/claims", "/api/v1/worker-sessions/{sessionId}/reports", "/api/v1/worker-sessions/{sessionId}/jobs",
        "/api/v1/worker-sessions/{sessionId}/heartbeat",
    ];

    /// <summary>A route that changes something without a word about the trail would be a way around it. The dashboard's pages act through the API.</summary>
    [Fact]
    public void Routes_ThatChangeSomething_AreAudited()
    {
        var routes = host.Services.GetServices<EndpointDataSource>().SelectMany(x => x.Endpoints).OfType<RouteEndpoint>()
            .Where(x => x.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Any(changing.Contains) == true)
            .Where(x => !x.RoutePattern.RawText!.StartsWith("/ui", StringComparison.Ordinal)).ToList();
        Assert.True(routes.Count > 40);
        Assert.All(routes.Where(x => !protocol.Contains(x.RoutePattern.RawText)), x => Assert.True(x.Metadata.GetMetadata<AuditedRoute>() is not null, $"{x.RoutePattern.RawText} leaves no audit entry: add .Audited() to its route group"));
    }

    static string? Difference(AuditedCall call, string? id, string prefix, List<JsonElement> entries)
    {
        if (entries.Count != 1)
        {
            return $"{entries.Count} entries: {string.Join(' ', entries)}";
        }
        var entry = entries[0];
        var got = $"{entry.GetProperty("surface")} {entry.GetProperty("action")} {entry.GetProperty("object_type")} {entry.GetProperty("outcome")}";
        return got != call.Entry ? $"'{got}' instead of '{call.Entry}'"
            : entry.GetProperty("code").GetString() != call.Code ? $"code {entry.GetProperty("code")}"
            : id is not null && !call.Entry.Contains("CloneJob", StringComparison.Ordinal) && entry.GetProperty("object_id").GetString() != id ? $"object {entry.GetProperty("object_id")} instead of {id}"
            : entry.GetProperty("credential").GetString() != $"key {prefix}…" ? $"credential {entry.GetProperty("credential")}"
            : entry.GetProperty("address").GetString() != "127.0.0.1" ? $"address {entry.GetProperty("address")}"
            : null;
    }

    async Task<(string Prefix, string Key)> Issue(string owner, string permission)
    {
        var (status, key) = await host.Send("POST", "/api/v1/api-keys", $$"""{"name":"{{owner}}","permissions":["{{permission}}"]}""");
        Assert.True(status == 201, $"{key}");
        return (key.GetProperty("prefix").GetString()!, key.GetProperty("key").GetString()!);
    }

    async Task<(string Path, string? Id)> Fill(string path)
    {
        string? id = null;
        foreach (Match wanted in Placeholder().Matches(path))
        {
            id = await host.Make(wanted.Groups[1].Value);
            path = path.Replace(wanted.Value, id, StringComparison.Ordinal);
        }
        return (path, id);
    }

    async Task<List<JsonElement>> Entries(string actor)
    {
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < tallied; await Task.Delay(50))
        {
            if (await Page(actor) is { Count: > 0 } entries)
            {
                return entries;
            }
        }
        return [];
    }

    async Task<List<JsonElement>> Page(string actor) =>
        [.. (await host.Send("GET", $"/api/v1/audit?actor={Uri.EscapeDataString(actor)}")).Json.GetProperty("items").EnumerateArray()];

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Placeholder();
}
