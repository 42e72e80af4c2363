using System.ComponentModel.DataAnnotations;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>What counts as too long.</summary>
public sealed class StatusOptions
{
    /// <summary>A job that has waited for longer makes its queue degraded. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HEALTH_QUEUE_AGE_SECONDS"), Range(1, 31_536_000)]
    public double QueueAgeSeconds { get; set; } = 300;

    /// <summary>A schedule that is later makes the scheduler unhealthy. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HEALTH_SCHEDULER_LAG_SECONDS"), Range(1, 31_536_000)]
    public double SchedulerLagSeconds { get; set; } = 60;

    /// <summary>A job that runs for so much longer than its timeout is stuck. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HEALTH_STUCK_SECONDS"), Range(1, 31_536_000)]
    public double StuckSeconds { get; set; } = 60;

    public TimeSpan QueueAge => TimeSpan.FromSeconds(QueueAgeSeconds);
    public TimeSpan SchedulerLag => TimeSpan.FromSeconds(SchedulerLagSeconds);
    public TimeSpan StuckAfter => TimeSpan.FromSeconds(StuckSeconds);
}
