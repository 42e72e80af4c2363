using System.Security.Cryptography;
using System.Text;

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

    /// <summary>Where executors send claims and reports.</summary>
    public const string Lifecycle = "job-lifecycle";

    /// <summary>Where executors send heartbeats and the tasks that they offer.</summary>
    public const string Workers = "job-workers";

    /// <summary>Where the Scheduler sends the jobs of its schedules and asks JobApi about tasks and jobs.</summary>
    public const string ScheduledJobs = "scheduled-jobs";

    /// <summary>Where other services ask JobApi about API keys.</summary>
    public const string ApiKeys = "api-keys";

    /// <summary>Where other services send <see cref="Contracts.RecordAudit"/>.</summary>
    public const string Audit = "audit";

    /// <summary>The queue on which the Scheduler's instances hear how the jobs of their schedules ended.</summary>
    public const string ScheduleOutcomes = "schedule-outcomes";

    /// <summary>Highest priority of a ticket: the broker's queues are declared with it.</summary>
    public const int TicketPriorities = 4;

    /// <summary>Where the tickets of one job queue are on a transport in memory.</summary>
    public static string JobQueue(string queueName) => $"job-queue.{queueName}";

    /// <summary>
    /// The broker queue that carries the tickets of one job queue and one task: an executor without the task never gets them. Jobs that ask
    /// for a version have another one, named with a hash of the version, because names are limited to 255 bytes and to letters, digits and
    /// <c>.-_:</c>.
    /// </summary>
    public static string Tickets(string queueName, string taskName, string? version) =>
        $"job-queue.{queueName}:{(version is null ? "" : Hash(version))}:{taskName}";

    /// <summary>The private queue of one executor process: grants, cancels and control messages.</summary>
    public static string ExecutorInbox(string workerId) => $"executor.{workerId}";

    static string Hash(string version) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version)), 0, 8);
}
