using JobSystem.Worker.Intake;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.Worker.Control;

/// <summary>
/// Ready if heartbeats reach the broker and the job queues are subscribed, so that jobs can be claimed and leases renewed.
/// </summary>
sealed class JobWorkerHealth(HeartbeatLoop heartbeats, ITicketReceiver receiver) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(heartbeats.Silence switch
        {
            null => HealthCheckResult.Unhealthy("No heartbeat has reached the broker yet"),
            var silence when silence > 3 * heartbeats.Renew =>
                HealthCheckResult.Unhealthy($"The last heartbeat reached the broker {silence.Value.TotalSeconds:0} s ago"),
            _ when receiver.UnavailableReason is { } reason => HealthCheckResult.Unhealthy($"The job queues are not subscribed: {reason}"),
            _ => HealthCheckResult.Healthy(heartbeats.Status),
        });
}
