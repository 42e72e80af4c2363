namespace JobSystem.Monitoring.Alerts;

/// <summary>Something is wrong just now.</summary>
/// <param name="Name">One of <see cref="AlertNames"/>.</param>
/// <param name="Subject">The queue or worker that it is about, if it is about one.</param>
/// <param name="Value">What was measured, where something was.</param>
/// <param name="Threshold">What it may be.</param>
public sealed record Finding(string Name, string? Subject, string Severity, string Message, double? Value = null, double? Threshold = null)
{
    public const string Warning = "warning";
    public const string Critical = "critical";
}

public static class AlertNames
{
    public const string DatabaseDown = "database_down";
    public const string BrokerDown = "broker_down";
    public const string NoWorkers = "no_workers";
    public const string WorkerLost = "worker_lost";
    public const string QueueWithoutWorkers = "queue_without_workers";
    public const string QueueAge = "queue_age";
    public const string StuckJob = "stuck_job";
    public const string SchedulerDown = "scheduler_down";
    public const string SchedulerLag = "scheduler_lag";
    public const string ErrorQueue = "error_queue";
    public const string FailureRate = "failure_rate";
}
