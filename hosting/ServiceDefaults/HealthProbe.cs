using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults;

/// <summary>Runs the health checks of one tag and writes the response.</summary>
internal sealed partial class HealthProbe(HealthCheckService checks, IOptions<HealthCheckServiceOptions> options, ServiceInfo info, ILogger<HealthProbe> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1.5);
    private readonly ConcurrentDictionary<string, string> _known = [];

    public async Task<JsonHttpResult<HealthReply>> Ask(string tag)
    {
        var names = options.Value.Registrations.Where(check => check.Tags.Contains(tag)).Select(check => check.Name);
        var replies = await Task.WhenAll(names.Select(AskOne));
        var well = replies.All(reply => reply.Reply.Status != "unhealthy");
        Note(tag, replies);
        var body = new HealthReply(well ? tag : $"not_{tag}", info.Service, info.Version, replies.ToDictionary(reply => reply.Name, reply => reply.Reply));
        return TypedResults.Json(body, statusCode: well ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    // the state goes to the log when it changes, not each time that somebody asks
    private void Note(string tag, (string Name, HealthCheckReply Reply)[] replies)
    {
        var faults = string.Join(", ", replies.Where(reply => reply.Reply.Status == "unhealthy").Select(reply => $"{reply.Name} ({reply.Reply.Detail})"));
        var before = _known.GetValueOrDefault(tag);
        _known[tag] = faults;
        if (faults.Length > 0 && string.IsNullOrEmpty(before))
        {
            LogFault(tag, faults);
        }
        else if (faults.Length == 0 && !string.IsNullOrEmpty(before))
        {
            LogWell(tag);
        }
    }

    // One by one, so that a hanging check does not hide the others
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

    [LoggerMessage(1021, LogLevel.Warning, "Health check: not {State}: {Faults}")]
    private partial void LogFault(string state, string faults);

    [LoggerMessage(1022, LogLevel.Information, "Health check: {State} again")]
    private partial void LogWell(string state);
}
