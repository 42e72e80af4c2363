using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Health;

/// <summary>Response of <c>/health/live</c> and <c>/health/ready</c>.</summary>
public sealed record HealthReply(string Status, string Service, string Version, IReadOnlyDictionary<string, HealthCheckReply> Checks);

/// <summary>One check: <c>healthy</c>, <c>degraded</c> (still counts as fine) or <c>unhealthy</c>, and why.</summary>
public sealed record HealthCheckReply(string Status, string? Detail, double DurationMs);

/// <summary>Writes the response of the health endpoints, and logs when the state changes.</summary>
sealed partial class HealthReportWriter(ServiceInfo info, ILogger<HealthReportWriter> logger)
{
    readonly ConcurrentDictionary<string, bool> isHealthy = [];

    public Task Write(HttpContext http, string tag, HealthReport report)
    {
        LogChange(tag, report);
        var status = report.Status == HealthStatus.Unhealthy ? $"not_{tag}" : tag;
        return http.Response.WriteAsJsonAsync(new HealthReply(
            status, info.Service, info.Version, report.Entries.ToDictionary(x => x.Key, x => Reply(x.Value))));
    }

    static HealthCheckReply Reply(HealthReportEntry entry) => new(
        entry.Status switch
        {
            HealthStatus.Healthy => "healthy",
            HealthStatus.Degraded => "degraded",
            HealthStatus.Unhealthy => "unhealthy",
            _ => throw new UnreachableException(),
        },
        entry.Description ?? entry.Exception?.GetBaseException().Message,
        Math.Round(entry.Duration.TotalMilliseconds, 1));

    void LogChange(string tag, HealthReport report)
    {
        var healthy = report.Status != HealthStatus.Unhealthy;
        var before = isHealthy.GetValueOrDefault(tag, true);
        isHealthy[tag] = healthy;
        if (before && !healthy)
        {
            var faults = report.Entries.Where(x => x.Value.Status == HealthStatus.Unhealthy);
            LogFault(tag, string.Join(", ", faults.Select(x => $"{x.Key} ({Reply(x.Value).Detail})")));
        }
        else if (healthy && !before)
        {
            LogWell(tag);
        }
    }

    [LoggerMessage(1021, LogLevel.Warning, "Health check: not {State}: {Faults}")]
    partial void LogFault(string state, string faults);

    [LoggerMessage(1022, LogLevel.Information, "Health check: {State} again")]
    partial void LogWell(string state);
}
