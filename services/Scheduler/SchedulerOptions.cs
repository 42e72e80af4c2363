using System.ComponentModel.DataAnnotations;

namespace JobSystem.Scheduler;

/// <summary>Settings of the Scheduler; each has one environment variable.</summary>
public sealed class SchedulerOptions
{
    /// <summary>Minimum interval between runs of a schedule. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_SCHEDULE_MIN_INTERVAL_SECONDS"), Range(1, 86_400)]
    public double MinIntervalSeconds { get; set; } = 1;

    /// <summary>Delay after which a run counts as missed and the misfire policy applies. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_SCHEDULE_MISFIRE_SECONDS"), Range(1, 3600)]
    public double MisfireSeconds { get; set; } = 5;

    /// <summary>Maximum number of missed runs that <c>fire_all</c> fires at once.</summary>
    [ConfigurationKeyName("JOBSYSTEM_SCHEDULE_CATCH_UP"), Range(1, 1000)]
    public int CatchUp { get; set; } = 100;

    /// <summary>Time for which a run is kept after its job has ended. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_SCHEDULE_RETENTION_DAYS"), Range(1, 3650)]
    public int RetentionDays { get; set; } = 30;

    /// <summary>Interval at which each instance checks in with the cluster. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_SCHEDULER_CHECKIN_SECONDS"), Range(1, 60)]
    public double CheckinSeconds { get; set; } = 3;

    public TimeSpan MinInterval => TimeSpan.FromSeconds(MinIntervalSeconds);
    public TimeSpan Checkin => TimeSpan.FromSeconds(CheckinSeconds);
    public TimeSpan Misfire => TimeSpan.FromSeconds(MisfireSeconds);
}
