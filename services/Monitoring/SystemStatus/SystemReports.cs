using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Reads reports about the system.</summary>
/// <param name="own">The health of this process's own connections.</param>
public sealed class SystemReports(
    CanonicalReader api, HealthCheckService own, ErrorQueues errorQueues, IOptions<StatusOptions> limits, TimeProvider time)
{
    /// <summary>The current state, read with the caller's credentials.</summary>
    public Task<SystemReport> Read(ApiCaller caller) => SystemReport.Read(caller, api, own, errorQueues, limits.Value, time);
}
