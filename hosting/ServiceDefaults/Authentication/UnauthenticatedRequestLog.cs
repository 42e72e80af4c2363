using System.Diagnostics.Metrics;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>
/// Counts unauthenticated requests and logs them once a second. They are not audited, because anyone could fill the audit trail.
/// </summary>
sealed partial class UnauthenticatedRequestLog(TimeProvider time, ILogger<UnauthenticatedRequestLog> logger)
{
    const int LongestPath = 200;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    static readonly Meter Meter = new("JobSystem.Access");
    static readonly Counter<long> Counter = Meter.CreateCounter<long>(
        "jobsystem.requests.unauthorized", "{request}", "Requests without valid credentials");
    readonly Lock sync = new();
    long since;
    long lastLogged;

    public void Record(HttpContext http)
    {
        Counter.Add(1);
        long count;
        lock (sync)
        {
            since++;
            if (lastLogged != 0 && time.GetElapsedTime(lastLogged) < Interval)
            {
                return;
            }

            (count, since, lastLogged) = (since, 0, time.GetTimestamp());
        }

        var path = http.Request.Path.Value ?? "";
        LogRefused(count, http.Request.Method, path.Length <= LongestPath ? path : path[..LongestPath], CallerAddress.Read(http));
    }

    [LoggerMessage(1011, LogLevel.Warning,
        "Refused {Count} requests without valid credentials; the last was {Method} {Path} from {Address}")]
    partial void LogRefused(long count, string method, string path, string? address);
}
