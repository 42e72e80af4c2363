using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Settings of the job life cycle. Each has an environment variable, see docs/deployment.md.</summary>
public sealed class LifecycleOptions
{
    /// <summary>Time without heartbeats after which a worker's jobs are given to others; see <c>HeartbeatGaps</c>. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LEASE_SECONDS"), Range(1, 3600)]
    public double LeaseSeconds { get; set; } = 10;

    /// <summary>
    /// Maximum interval between two polls of due jobs, and interval at which all waiting jobs are looked for while workers ask for attempts. Seconds.
    /// </summary>
    [ConfigurationKeyName("JOBSYSTEM_SCAN_SECONDS"), Range(0.05, 60)]
    public double ScanSeconds { get; set; } = 5;

    /// <summary>Time after which an attempt whose task ignores its cancellation token is written off. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_CANCEL_GRACE_SECONDS"), Range(0, 3600)]
    public double CancelGraceSeconds { get; set; } = 30;

    /// <summary>
    /// Interval at which broadcasts and their children are looked after, in case a process died with work for them. A waiting job has a timer of this length,
    /// which is the timer of its lease if it starts before. Seconds.
    /// </summary>
    [ConfigurationKeyName("JOBSYSTEM_DISPATCH_SECONDS"), Range(1, 600)]
    public double DispatchSeconds { get; set; } = 10;

    /// <summary>Number of consecutive attempts that end with the death of their worker after which a job fails as poisonous.</summary>
    [ConfigurationKeyName("JOBSYSTEM_POISON_STARTS"), Range(1, 100)]
    public int PoisonStarts { get; set; } = 3;

    /// <summary>Maximum retry delay. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_MAX_RETRY_DELAY_SECONDS"), Range(1, 31_536_000)]
    public double MaxRetryDelaySeconds { get; set; } = 86_400;

    /// <summary>Retention of completed and cancelled jobs. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_RETENTION_DAYS"), Range(0.001, 36_500)]
    public double RetentionDays { get; set; } = 30;

    /// <summary>Retention of failed, timed-out and expired jobs. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_RETENTION_FAILED_DAYS"), Range(0.001, 36_500)]
    public double RetentionFailedDays { get; set; } = 180;

    /// <summary>The history keeps its minutes this long. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HISTORY_MINUTES_DAYS"), Range(0.001, 36_500)]
    public double HistoryMinutesDays { get; set; } = 30;

    /// <summary>The history keeps its hours this long. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HISTORY_HOURS_DAYS"), Range(0.001, 36_500)]
    public double HistoryHoursDays { get; set; } = 366;

    /// <summary><c>batch</c>: one message per commit; <c>each</c>: also one message per event; <c>owners</c>: also one message per commit and owner.</summary>
    [ConfigurationKeyName("JOBSYSTEM_EVENTS"), RegularExpression("batch|each|owners")]
    public string Events { get; set; } = "batch";

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
    public TimeSpan CancelGrace => TimeSpan.FromSeconds(CancelGraceSeconds);
    public TimeSpan DispatchCheck => TimeSpan.FromSeconds(DispatchSeconds);

    /// <summary>Workers enforce the time limit; this is how much later JobApi ends the attempt itself.</summary>
    public TimeSpan DeadlineSlack => CancelGrace + Lease;
}
