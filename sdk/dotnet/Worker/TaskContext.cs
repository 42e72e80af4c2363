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

    /// <summary>Id of the job, as the API shows it: the caller's own id, or a UUID.</summary>
    public string JobId => jobId ??= grant.Key ?? grant.JobId.ToString();

    /// <summary>Number of this attempt, starting at 1 and increasing with each attempt. Other systems can use it as a fencing token.</summary>
    public int Attempt => grant.Attempt;

    /// <summary>Name of the task.</summary>
    public string TaskName => grant.TaskName;

    /// <summary>The job's queue.</summary>
    public string QueueName => grant.QueueName;

    /// <summary>Who submitted the job.</summary>
    public string Owner => grant.Owner;

    /// <summary>When the job was submitted.</summary>
    public DateTimeOffset CreatedAt => grant.CreatedAt;

    /// <summary>Retries used up before this attempt.</summary>
    public int RetryCount => grant.RetryCount;

    /// <summary>Retries that the job may use in all.</summary>
    public int MaxRetries => grant.MaxRetries;

    /// <summary>How long this attempt may run.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(grant.Timeout);

    /// <summary>The caller's metadata: a JSON object, empty when there is none.</summary>
    public JsonElement Metadata => grant.Metadata ?? noMembers;

    /// <summary>The positional arguments as submitted: a JSON array, empty if there are none.</summary>
    public JsonElement Args => grant.Args ?? noArgs;

    /// <summary>The named arguments as submitted: a JSON object, empty if there are none.</summary>
    public JsonElement Kwargs => grant.Kwargs ?? noMembers;

    /// <summary>W3C trace context of this attempt, or of the job's submission, if there is one.</summary>
    public string? TraceParent => attempt.TraceParent ?? grant.Traceparent;

    /// <summary>Id of the worker process, as <c>GET /jobs</c> shows it.</summary>
    public string WorkerId => attempt.WorkerId;

    /// <summary>A logger whose lines of level Information and above are kept with the job. Any other logger that is used while the task runs works as well.</summary>
    public ILogger Logger => attempt.Logger;

    /// <summary>Fires when the attempt has to stop: cancelled, out of time, lease lost, or shutting down.</summary>
    public CancellationToken CancellationToken => attempt.Token;

    /// <summary>Why <see cref="CancellationToken"/> fired.</summary>
    public JobStopReason StopReason => attempt.StopReason;

    /// <summary>Time until which no other worker can get this job. Renewed while the task runs and the broker is reachable.</summary>
    public DateTimeOffset LeaseUntil => attempt.LeaseUntil;

    /// <summary>Reports progress. It is sent in the background, a few times per second at most; a newer value replaces one that has not been sent yet.</summary>
    /// <param name="percent">0 to 100; a value outside is taken as the nearer end.</param>
    /// <param name="message">A short text for people.</param>
    /// <param name="cancellationToken">The task's token: throws when the attempt has to stop.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="percent"/> is not a number.</exception>
    /// <exception cref="OperationCanceledException">The token has fired.</exception>
    public Task ReportProgress(double percent, string? message = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (double.IsNaN(percent))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), "progress is a number from 0 to 100");
        }
        attempt.Progress(Math.Clamp(percent, 0, 100), message);
        return Task.CompletedTask;
    }
}
