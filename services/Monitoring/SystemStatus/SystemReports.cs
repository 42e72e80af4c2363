using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Looks at the system.</summary>
/// <param name="own">This process's own connections.</param>
public sealed class SystemReports(CanonicalReader api, HealthCheckService own, ErrorQueues errorQueues, IOptions<StatusOptions> limits, TimeProvider time)
{
    /// <summary>As it is now, in the caller's name.</summary>
    public Task<SystemReport> Read(ApiCaller caller) => SystemReport.Read(caller, api, own, errorQueues, limits.Value, time);
}
