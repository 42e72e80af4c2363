using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults;

/// <summary>Runs the checks of one tag and words the reply.</summary>
internal sealed class HealthProbe(HealthCheckService checks, IOptions<HealthCheckServiceOptions> options, ServiceInfo info)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.5);

    public async Task<JsonHttpResult<HealthReply>> Ask(string tag)
    {
        var names = options.Value.Registrations.Where(check => check.Tags.Contains(tag)).Select(check => check.Name);
        var replies = await Task.WhenAll(names.Select(AskOne));
        var well = replies.All(reply => reply.Reply.Status != "unhealthy");
        var body = new HealthReply(well ? tag : $"not_{tag}", info.Service, info.Version, replies.ToDictionary(reply => reply.Name, reply => reply.Reply));
        return TypedResults.Json(body, statusCode: well ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    // One by one, so that a check that hangs hides only itself.
    private async Task<(string Name, HealthCheckReply Reply)> AskOne(string name)
    {
        var start = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var report = await Task.Run(() => checks.CheckHealthAsync(check => check.Name == name, limit.Token), limit.Token).WaitAsync(Limit, CancellationToken.None);
            var entry = report.Entries[name];
            return (name, Reply(entry.Status, entry.Description ?? entry.Exception?.GetBaseException().Message));
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return (name, Reply(HealthStatus.Unhealthy, $"No answer within {Limit.TotalSeconds} s."));
        }

        HealthCheckReply Reply(HealthStatus status, string? detail) => new(
            status switch { HealthStatus.Healthy => "healthy", HealthStatus.Degraded => "degraded", HealthStatus.Unhealthy => "unhealthy", _ => throw new UnreachableException() },
            detail,
            Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1));
    }
}
