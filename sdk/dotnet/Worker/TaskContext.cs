using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker;

/// <summary>The running attempt: data about its job, and methods to report progress.</summary>
public sealed class TaskContext
{
    static readonly JsonElement noArgs = JsonElement.Parse("[]");
    static readonly JsonElement noMembers = JsonElement.Parse("{}");

    readonly GrantedAttempt grant;
    readonly IAttempt attempt;
    string? jobId;

    internal TaskContext(GrantedAttempt grant, IAttempt attempt)
    {
        this.grant = grant;
        this.attempt = attempt;
    }

    /// <summary>Id of the job as in the API: the caller's own id, or a UUID.</summary>
    public string JobId => jobId ??= grant.Key ?? grant.JobId.ToString();

    /// <summary>
    /// Number of this attempt. It starts at 1 and increases with each attempt, so that other systems can use it as a fencing token.
    /// </summary>
    public int Attempt => grant.Attempt;

    /// <summary>Name of the task.</summary>
    public string TaskName => grant.TaskName;

    /// <summary>The job's queue.</summary>
    public string QueueName => grant.QueueName;

    /// <summary>The job's priority.</summary>
    public JobPriority Priority => grant.Priority switch
    {
        1 => JobPriority.Low,
        3 => JobPriority.High,
        4 => JobPriority.Critical,
        _ => JobPriority.Normal,
    };

    /// <summary>Version of the task that the job asks for; null if it asks for none, so that any may run it.</summary>
    public string? Version => grant.Version;

    /// <summary>The job's tags; empty if it has none.</summary>
    public IReadOnlyList<string> Tags => grant.Tags ?? [];

    /// <summary>The caller that submitted the job.</summary>
    public string Owner => grant.Owner;

    /// <summary>Time of the job's submission.</summary>
    public DateTimeOffset CreatedAt => grant.CreatedAt;

    /// <summary>The time before which the job was not to start; null if it could start at once.</summary>
    public DateTimeOffset? ScheduledAt => grant.ScheduledAt;

    /// <summary>Id of the schedule of which the job is a run; null if it is none.</summary>
    public string? ScheduleId => grant.ScheduleId;

    /// <summary>
    /// Id of the job that this one belongs to: the broadcast that it is a part of, the job that it was cloned from, or the one that it follows
    /// (<see cref="Then(IJob, Action{EnqueueOptions})"/>, <see cref="Enqueue(IJob, Action{EnqueueOptions}, CancellationToken)"/>). Null if there is none.
    /// </summary>
    public string? ParentId => grant.ParentId;

    /// <summary>The idempotency key with which the job was submitted; null if there is none.</summary>
    public string? IdempotencyKey => grant.IdempotencyKey;

    /// <summary>Number of retries that the job has used up. Snoozed and released attempts do not count.</summary>
    public int RetryCount => grant.RetryCount;

    /// <summary>Maximum number of retries of the job.</summary>
    public int MaxRetries => grant.MaxRetries;

    /// <summary>Time limit of this attempt.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(grant.Timeout);

    /// <summary>The caller's metadata: a JSON object, empty if there is none.</summary>
    public JsonElement Metadata => grant.Metadata ?? noMembers;

    /// <summary>The positional arguments as submitted: a JSON array, empty if there are none.</summary>
    public JsonElement Args => grant.Args ?? noArgs;

    /// <summary>The named arguments as submitted: a JSON object, empty if there are none.</summary>
    public JsonElement Kwargs => grant.Kwargs ?? noMembers;

    /// <summary>W3C trace context of this attempt, or else of the job's submission; null if there is none.</summary>
    public string? TraceParent => attempt.TraceParent ?? grant.Traceparent;

    /// <summary>Id of this worker process, the job's <c>worker_id</c> in the API.</summary>
    public string WorkerId => attempt.WorkerId;

    /// <summary>
    /// A logger whose lines of level Information and above are stored with the job: at most 1,000 lines and 256 KiB of an attempt. Lines of
    /// all other loggers that are used while the task runs are stored as well.
    /// </summary>
    public ILogger Logger => attempt.Logger;

    /// <summary>Cancelled when the attempt has to stop; <see cref="StopReason"/> gives the reason.</summary>
    public CancellationToken CancellationToken => attempt.Token;

    /// <summary>Why <see cref="CancellationToken"/> was cancelled; <see cref="JobStopReason.None"/> if it was not.</summary>
    public JobStopReason StopReason => attempt.StopReason;

    /// <summary>Time until which no other worker can get this job. It is renewed while the task runs and the broker is reachable.</summary>
    public DateTimeOffset LeaseUntil => attempt.LeaseUntil;

    /// <summary>
    /// Reports progress. It is sent in the background, at most a few times per second; a newer value replaces one
    /// that has not been sent yet.
    /// </summary>
    /// <param name="percent">0 to 100; a value outside of this range is replaced by its nearest limit.</param>
    /// <param name="message">A message for people, of which at most 1,000 characters are kept. Default: none.</param>
    /// <param name="cancellationToken">The task's token, to stop the task here if it is cancelled. Default: none.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="percent"/> is not a number.</exception>
    /// <exception cref="OperationCanceledException">The token is cancelled.</exception>
    public Task ReportProgress(double percent, string? message = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (double.IsNaN(percent))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), "expected a number from 0 to 100");
        }
        attempt.Progress(Math.Clamp(percent, 0, 100), message);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Enqueues a job if this attempt completes. It travels with the report of the attempt's end and is inserted in the commit that completes this job: never
    /// lost, never doubled. With any other outcome, also <see cref="JobOutcome.Snoozed"/>, it is not enqueued. It belongs to this job's owner and has this job
    /// as its parent; the owner's quota does not stop it. The worker needs no address, key or right for it. If JobSystem refuses it, because its task is not
    /// known or its arguments do not match, the attempt fails as <c>follow_up_refused</c>.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="configure">What is different from the <see cref="JobAttribute"/>. Default: nothing.</param>
    /// <returns>
    /// Id of the job. If a job with the id or idempotency key of <paramref name="configure"/> exists then, that is the job and nothing is enqueued.
    /// </returns>
    /// <exception cref="JobRefusedException">The job is not valid.</exception>
    /// <exception cref="InvalidOperationException">
    /// The job's type has no <see cref="JobAttribute"/> or cannot be written as JSON; the attempt has 1,000 such jobs or 4 MiB of them already; or it has
    /// ended.
    /// </exception>
    public string Then(IJob job, Action<EnqueueOptions>? configure = null) => attempt.FollowUps.Add(job, configure);

    /// <summary>Enqueues a job of a task by its name if this attempt completes.</summary>
    /// <inheritdoc cref="Then(IJob, Action{EnqueueOptions})"/>
    /// <param name="taskName">Name of the task.</param>
    /// <param name="arguments">
    /// An object whose members are the named arguments, with names in snake_case, or a list of positional ones. Default: none.
    /// </param>
    /// <param name="configure">Queue, delay and the like. Default: those of the task.</param>
    /// <exception cref="ArgumentException">The name is empty, or the arguments are neither an object nor a list.</exception>
    public string Then(string taskName, object? arguments = null, Action<EnqueueOptions>? configure = null) =>
        attempt.FollowUps.Add(taskName, arguments, configure);

    /// <summary>
    /// Enqueues a job now, whatever becomes of this attempt; <see cref="Then(IJob, Action{EnqueueOptions})"/> waits for its completion. When the task has
    /// completed, the job is durable. Like a job of <c>Then</c> it belongs to this job's owner and has this job as its parent, the owner's quota does not stop
    /// it, and the worker needs no address, key or right for it. A lost answer is asked for again for a minute, and never doubles the job.
    /// </summary>
    /// <remarks>
    /// If the attempt is repeated, it enqueues its jobs again, unless each has an idempotency key or an id that is the same in every attempt:
    /// <c>x => x.IdempotencyKey($"{job.JobId}/mail")</c>. Then the next attempt gets the job that is there.
    /// </remarks>
    /// <param name="job">The job.</param>
    /// <param name="configure">What is different from the <see cref="JobAttribute"/>. Default: nothing.</param>
    /// <param name="cancellationToken">Stops the waiting. The job may be enqueued nevertheless if it was on its way. Default: none.</param>
    /// <returns>Id of the job.</returns>
    /// <exception cref="JobRefusedException">
    /// The job is not valid or its task is not known; its key or id belongs to a job with other content (<c>idempotency_key_reused</c>, <c>job_id_taken</c>);
    /// or the attempt does not run here any more (<c>stale_attempt</c>). It was not enqueued; with <c>stale_attempt</c>, an earlier try whose answer was lost
    /// may have enqueued it.
    /// </exception>
    /// <exception cref="JobSystemUnavailableException">No answer came within a minute; the job may be there.</exception>
    /// <exception cref="InvalidOperationException">
    /// The job's type has no <see cref="JobAttribute"/> or cannot be written as JSON, or the attempt has ended.
    /// </exception>
    public async Task<string> Enqueue(IJob job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default) =>
        await attempt.Enqueue(attempt.FollowUps.CreateRequest(job, configure), cancellationToken);

    /// <summary>Enqueues a job of a task by its name now.</summary>
    /// <inheritdoc cref="Enqueue(IJob, Action{EnqueueOptions}, CancellationToken)"/>
    /// <param name="taskName">Name of the task.</param>
    /// <param name="arguments">
    /// An object whose members are the named arguments, with names in snake_case, or a list of positional ones. Default: none.
    /// </param>
    /// <param name="configure">Queue, delay and the like. Default: those of the task.</param>
    /// <exception cref="ArgumentException">The name is empty, or the arguments are neither an object nor a list.</exception>
    public async Task<string> Enqueue(
        string taskName, object? arguments = null, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default) =>
        await attempt.Enqueue(FollowUpCollector.CreateRequest(taskName, arguments, configure), cancellationToken);
}
