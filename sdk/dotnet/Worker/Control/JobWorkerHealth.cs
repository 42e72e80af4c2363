using JobSystem.Worker.Intake;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.Worker.Control;

/// <summary>Ready if heartbeats and requests arrive, so that leases can be renewed and attempts granted.</summary>
sealed class JobWorkerHealth(HeartbeatLoop heartbeats, RequestSender requests, IWorkerTransport transport) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(heartbeats.Silence switch
        {
            null => HealthCheckResult.Unhealthy("No heartbeat has arrived yet"),
            var silence when silence > 3 * heartbeats.Renew =>
                HealthCheckResult.Unhealthy($"The last heartbeat arrived {silence.Value.TotalSeconds:0} s ago"),
            _ when (requests.UnavailableReason ?? transport.UnavailableReason) is { } reason =>
                HealthCheckResult.Unhealthy($"Attempts cannot be requested: {reason}"),
            _ => HealthCheckResult.Healthy(heartbeats.Status),
        });
}
