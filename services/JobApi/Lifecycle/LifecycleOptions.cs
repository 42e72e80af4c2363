using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Times of the life cycle; each has one environment variable, see docs/deployment.md.</summary>
public sealed class LifecycleOptions
{
    /// <summary>An attempt whose worker has not been heard of for this long is given to another one; see <see cref="HeartbeatGaps"/>. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LEASE_SECONDS"), Range(1, 3600)]
    public double LeaseSeconds { get; set; } = 10;

    /// <summary>The longest time between two looks at the timers. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_SCAN_SECONDS"), Range(0.05, 60)]
    public double ScanSeconds { get; set; } = 5;

    /// <summary>After this a task that ignores its cancellation token is written off. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_CANCEL_GRACE_SECONDS"), Range(0, 3600)]
    public double CancelGraceSeconds { get; set; } = 30;

    /// <summary>How often the broker's queues are compared with the waiting jobs. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_RECONCILE_SECONDS"), Range(1, 3600)]
    public double ReconcileSeconds { get; set; } = 30;

    /// <summary>A ticket that the broker has not confirmed by then is published again. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_DISPATCH_SECONDS"), Range(1, 600)]
    public double DispatchSeconds { get; set; } = 10;

    /// <summary>A job that took its worker with it this many times in a row fails as poisonous.</summary>
    [ConfigurationKeyName("JOBSYSTEM_POISON_STARTS"), Range(1, 100)]
    public int PoisonStarts { get; set; } = 3;

    /// <summary>No retry waits longer than this, whatever the back-off says. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_MAX_RETRY_DELAY_SECONDS"), Range(1, 31_536_000)]
    public double MaxRetryDelaySeconds { get; set; } = 86_400;

    /// <summary>Completed and cancelled jobs are kept this long. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_RETENTION_DAYS"), Range(0.001, 36_500)]
    public double RetentionDays { get; set; } = 30;

    /// <summary>Failed, timed-out and expired jobs are kept this long. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_RETENTION_FAILED_DAYS"), Range(0.001, 36_500)]
    public double RetentionFailedDays { get; set; } = 180;

    /// <summary>The history keeps its minutes this long. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HISTORY_MINUTES_DAYS"), Range(0.001, 36_500)]
    public double HistoryMinutesDays { get; set; } = 30;

    /// <summary>The history keeps its hours this long. Days.</summary>
    [ConfigurationKeyName("JOBSYSTEM_HISTORY_HOURS_DAYS"), Range(0.001, 36_500)]
    public double HistoryHoursDays { get; set; } = 366;

    /// <summary><c>batch</c>: one message per commit; <c>each</c>: also one message per event.</summary>
    [ConfigurationKeyName("JOBSYSTEM_EVENTS"), RegularExpression("batch|each")]
    public string Events { get; set; } = "batch";

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
    public TimeSpan CancelGrace => TimeSpan.FromSeconds(CancelGraceSeconds);
    public TimeSpan DispatchCheck => TimeSpan.FromSeconds(DispatchSeconds);

    /// <summary>The executor enforces the time limit; this is how much later we stop believing that it will.</summary>
    public TimeSpan DeadlineSlack => CancelGrace + Lease;
}
