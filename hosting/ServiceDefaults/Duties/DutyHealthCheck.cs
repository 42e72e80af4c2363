using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.ServiceDefaults.Duties;

/// <summary>Health check of all duties of the process.</summary>
sealed class DutyHealthCheck(TimeProvider time) : IHealthCheck
{
    static readonly TimeSpan FailureTolerance = TimeSpan.FromMinutes(1);
    static readonly Meter Meter = new("JobSystem.Duties");
    static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "jobsystem.duty.failures", "{round}", "Rounds of background duties that failed");
    readonly ConcurrentBag<DutyState> states = [];

    public DutyState Add(BackgroundDuty duty)
    {
        var state = new DutyState(duty.Name, duty.IsVital, time);
        states.Add(state);
        duty.State = state;
        // Starts at 0, so that the first failure is seen as an increase
        Failures.Add(0, new KeyValuePair<string, object?>("duty", duty.Name));
        return state;
    }

    public static void Count(string duty) => Failures.Add(1, new KeyValuePair<string, object?>("duty", duty));

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var troubled = states.Select(x => (State: x, Trouble: x.Trouble(FailureTolerance))).Where(x => x.Trouble is not null)
            .OrderBy(x => x.State.Name, StringComparer.Ordinal).ToList();
        var detail = string.Join("; ", troubled.Select(x => x.Trouble));
        return Task.FromResult(
            troubled.Count == 0 ? HealthCheckResult.Healthy()
            : troubled.Exists(x => x.State.IsVital) ? HealthCheckResult.Unhealthy(detail)
            : HealthCheckResult.Degraded(detail));
    }
}
