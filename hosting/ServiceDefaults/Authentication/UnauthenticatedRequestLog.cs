using System.Diagnostics.Metrics;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>Counts unauthenticated requests and logs them once a second. They are not audited, because anyone could fill the audit trail.</summary>
internal sealed partial class UnauthenticatedRequestLog(TimeProvider time, ILogger<UnauthenticatedRequestLog> logger)
{
    private const int LongestPath = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly Meter Meter = new("JobSystem.Access");
    private static readonly Counter<long> Counter = Meter.CreateCounter<long>("jobsystem.requests.unauthorized", "{request}", "Requests without valid credentials");
    private readonly Lock _turn = new();
    private long _since;
    private long _lastLogged;

    public void Note(HttpContext http)
    {
        Counter.Add(1);
        long count;
        lock (_turn)
        {
            _since++;
            if (_lastLogged != 0 && time.GetElapsedTime(_lastLogged) < Interval)
            {
                return;
            }

            (count, _since, _lastLogged) = (_since, 0, time.GetTimestamp());
        }

        var path = http.Request.Path.Value ?? "";
        LogUnknown(count, http.Request.Method, path.Length <= LongestPath ? path : path[..LongestPath], CallerAddress.Read(http));
    }

    [LoggerMessage(1011, LogLevel.Warning, "Refused {Count} requests without valid credentials; the last was {Method} {Path} from {Address}")]
    private partial void LogUnknown(long count, string method, string path, string? address);
}
