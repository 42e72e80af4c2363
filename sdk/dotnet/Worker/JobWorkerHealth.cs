using JobSystem.Worker.Running;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.Worker;

/// <summary>Ready while heartbeats reach the broker: then jobs can be claimed, and leases are kept.</summary>
sealed class JobWorkerHealth(WorkerPulse pulse) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(pulse.Silence switch
        {
            null => HealthCheckResult.Unhealthy("No heartbeat has reached the broker yet"),
            var silence when silence > 3 * pulse.Renew => HealthCheckResult.Unhealthy($"The last heartbeat reached the broker {silence.Value.TotalSeconds:0} s ago"),
            _ => HealthCheckResult.Healthy(pulse.Status),
        });
}
