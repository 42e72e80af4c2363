using JobSystem.Worker.Bus;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.Worker;

/// <summary>Ready if heartbeats reach the broker and the job queues are subscribed, so that jobs can be claimed and leases renewed.</summary>
sealed class JobWorkerHealth(HeartbeatLoop pulse, ITicketReceiver receiver) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(pulse.Silence switch
        {
            null => HealthCheckResult.Unhealthy("No heartbeat has reached the broker yet"),
            var silence when silence > 3 * pulse.Renew => HealthCheckResult.Unhealthy($"The last heartbeat reached the broker {silence.Value.TotalSeconds:0} s ago"),
            _ when receiver.Trouble is { } trouble => HealthCheckResult.Unhealthy($"The job queues are not subscribed to: {trouble}"),
            _ => HealthCheckResult.Healthy(pulse.Status),
        });
}
