using System.ComponentModel.DataAnnotations;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>The durations from which on a part of the system is not healthy.</summary>
public sealed class StatusOptions
{
    /// <summary>Seconds. A queue is degraded if a job has waited longer.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HEALTH_QUEUE_AGE_SECONDS"), Range(1, 31_536_000)]
    public double QueueAgeSeconds { get; set; } = 300;

    /// <summary>Seconds. The scheduler is unhealthy if a run is overdue for longer.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HEALTH_SCHEDULER_LAG_SECONDS"), Range(1, 31_536_000)]
    public double SchedulerLagSeconds { get; set; } = 60;

    /// <summary>Seconds. A job is stuck if it exceeds its time limit by more.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HEALTH_STUCK_SECONDS"), Range(1, 31_536_000)]
    public double StuckSeconds { get; set; } = 60;

    public TimeSpan QueueAge => TimeSpan.FromSeconds(QueueAgeSeconds);
    public TimeSpan SchedulerLag => TimeSpan.FromSeconds(SchedulerLagSeconds);
    public TimeSpan StuckAfter => TimeSpan.FromSeconds(StuckSeconds);
}
