namespace JobSystem.Contracts;

/// <summary>The names of the queues and exchanges that services and other applications send to.</summary>
public static class BusAddresses
{
    /// <summary>Where other services send <see cref="Contracts.SubmitJob"/>.</summary>
    public const string SubmitJob = "submit-job";

    /// <summary>Where other services send <see cref="Contracts.CancelJob"/>.</summary>
    public const string CancelJob = "cancel-job";

    /// <summary>Where other services send <see cref="Contracts.RetryJob"/>.</summary>
    public const string RetryJob = "retry-job";

    /// <summary>Where executors send <see cref="RequestAttempts"/>.</summary>
    public const string Requests = "job-requests";

    /// <summary>Where executors send reports.</summary>
    public const string Lifecycle = "job-lifecycle";

    /// <summary>Where executors send heartbeats and the tasks that they offer.</summary>
    public const string Workers = "job-workers";

    /// <summary>Where the Scheduler sends the jobs of its schedules and asks JobApi about tasks and jobs.</summary>
    public const string ScheduledJobs = "scheduled-jobs";

    /// <summary>Where other services ask JobApi about API keys.</summary>
    public const string ApiKeys = "api-keys";

    /// <summary>Where other services send <see cref="Contracts.RecordAudit"/>.</summary>
    public const string Audit = "audit";

    /// <summary>
    /// The topic exchange on which other services hear <see cref="Contracts.JobEvents"/> under the name of the jobs' owner, while
    /// <c>JOBSYSTEM_EVENTS</c> is <c>owners</c>.
    /// </summary>
    public const string JobEvents = "job-events";

    /// <summary>The queue on which the Scheduler's instances hear how the jobs of their schedules ended.</summary>
    public const string ScheduleOutcomes = "schedule-outcomes";

    /// <summary>The private queue of one executor process: grants, cancels and control messages.</summary>
    public static string ExecutorInbox(string workerId) => $"executor.{workerId}";
}
