using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>
/// A granted attempt from its start to its last report. It ends exactly once: when its task ends, or when it is written off.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Tasks that were written off still use the token")]
sealed class AttemptRun : IAttempt, IThreadPoolWorkItem
{
    static readonly ActivitySource activities = new("JobSystem.Worker");
    static readonly TimeSpan timeoutGrace = TimeSpan.FromSeconds(5);
    static readonly TimeSpan startCheck = TimeSpan.FromSeconds(1);
    static readonly TimeSpan longestTimer = TimeSpan.FromDays(30);

    readonly Lock sync = new();
    readonly GrantedAttempt grant;
    readonly CompiledTask task;
    readonly Attempts attempts;
    readonly CancellationTokenSource cancellation = new();
    readonly ITimer timer;
    readonly TaskContext context;
    readonly long grantedTimestamp;
    long leaseUntil;
    long startedTimestamp;
    string? stopMessage;
    FollowUpCollector? followUps;

    public AttemptRun(GrantedAttempt grant, CompiledTask task, Attempts attempts, long leasedAt)
    {
        (this.grant, this.task, this.attempts) = (grant, task, attempts);
        Pending = new(new(grant.JobId, grant.Attempt), () => LeaseLeft);
        grantedTimestamp = attempts.Time.GetTimestamp();
        RenewLease(leasedAt);
        context = new(grant, this);
        var never = System.Threading.Timeout.InfiniteTimeSpan;
        timer = attempts.Time.CreateTimer(static x => ((AttemptRun)x!).OnTimer(), this, never, never);
    }

    public AttemptKey Key => Pending.Key;

    /// <summary>What has not been reported yet.</summary>
    public PendingReport Pending { get; }
    public string TaskName => task.Name;

    /// <summary>Id of the job in the API.</summary>
    public string JobId => context.JobId;
    public TimeSpan Lease => TimeSpan.FromSeconds(grant.Lease);
    public string WorkerId => attempts.WorkerId;
    public string? TraceParent => Activity.Current?.Id;
    public ILogger Logger => attempts.JobLogger;
    public CancellationToken Token => cancellation.Token;
    public JobStopReason StopReason { get; private set; }

    /// <summary>True once everything that was registered on the token has been called.</summary>
    public bool IsTokenCancelled { get; private set; }
    public FollowUpCollector FollowUps => LazyInitializer.EnsureInitialized(ref followUps, () => new(Key, attempts.JobWriter));

    /// <summary>
    /// Current time of the database's clock if known, because this machine's clock may differ from the job's other times.
    /// </summary>
    DateTimeOffset Now => grant.GrantedAt is { } at ? at + attempts.Time.GetElapsedTime(grantedTimestamp) : attempts.Time.GetUtcNow();

    public DateTimeOffset LeaseUntil => attempts.Time.GetUtcNow() + LeaseLeft;

    /// <summary>Measured with the monotonic clock, which advances while the process is suspended.</summary>
    public TimeSpan LeaseLeft => attempts.Time.GetElapsedTime(attempts.Time.GetTimestamp(), Volatile.Read(ref leaseUntil));

    /// <summary>True from the moment at which it gets a slot. Before, it waits.</summary>
    public bool HasSlot { get; set; }

    /// <summary>Time since the grant.</summary>
    public TimeSpan Age => attempts.Time.GetElapsedTime(grantedTimestamp);

    /// <summary>True if heartbeats renew its lease: it has been neither revoked nor stopped because of an expired lease.</summary>
    public bool IsLeased => !Pending.IsSilenced && StopReason != JobStopReason.LeaseLost;

    /// <summary>True until the attempt has ended.</summary>
    public bool IsRunning => EndStep is null;

    /// <summary>The step of the last report; null while the attempt runs.</summary>
    public string? EndStep => Pending.EndStep;

    /// <summary>Starts the lease anew.</summary>
    /// <param name="sentAt">When the request or heartbeat was sent: its response may have been delayed.</param>
    public void RenewLease(long sentAt) =>
        Volatile.Write(ref leaseUntil, sentAt + (long)(grant.Lease * attempts.Time.TimestampFrequency));

    void IThreadPoolWorkItem.Execute() => _ = Run();

    async Task Run()
    {
        JobLogProvider.Current = this;
        if (LeaseLeft <= TimeSpan.Zero)
        {
            Release();
            return;
        }
        AttemptReport? report = null;
        try
        {
            using var activity = activities.StartActivity(task.Name, ActivityKind.Consumer, grant.Traceparent);
            Start();
            if (grant.LostCount > 0 && !await TryConfirmStart())
            {
                Release();
                return;
            }
            var outcome = await RunTask();
            report = WithFollowUps(CreateReport(outcome), activity?.Id);
            var failed = outcome as JobOutcome.Failed;
            activity?.SetStatus(failed is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, failed?.Reason);
        }
        catch (Exception exception)
        {
            // Activity listeners may throw; the attempt has to end in any case
            var outcome = FinalReport.ToOutcome(exception, JobStopReason.None);
            report ??= FinalReport.FromOutcome(Key, outcome, JobStopReason.None, null, context.Timeout, Now);
        }
        End(report);
    }

    void Start()
    {
        lock (sync)
        {
            startedTimestamp = attempts.Time.GetTimestamp();
            Pending.SetStarted(Now);
            if (StopReason == JobStopReason.None)
            {
                SetTimer(TimeSpan.FromSeconds(Math.Min(grant.Timeout, longestTimer.TotalSeconds)));
            }
        }
    }

    /// <summary>
    /// The workers of earlier attempts died. Whether their tasks were the cause can only be told if the broker knows that a task had started, so
    /// it starts only after that. Returns false if the broker does not confirm that within the lease.
    /// </summary>
    async Task<bool> TryConfirmStart()
    {
        attempts.Reports.Enqueue(Pending);
        while (!Pending.IsStartDelivered && LeaseLeft > TimeSpan.Zero && !cancellation.IsCancellationRequested)
        {
            await Pending.StartDelivered.WaitAsync(LeaseLeft < startCheck ? LeaseLeft : startCheck, attempts.Time, cancellation.Token)
                .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        return Pending.IsStartDelivered || cancellation.IsCancellationRequested;
    }

    async Task<JobOutcome?> RunTask()
    {
        try
        {
            if (cancellation.IsCancellationRequested)
            {
                return null;
            }
            var running = attempts.Pipeline is { } pipeline ? pipeline.Run(context, Invoke) : Invoke(null);
            if (!running.IsCompleted)
            {
                // A task that returns synchronously needs only one report
                attempts.Reports.Enqueue(Pending);
            }
            return await running;
        }
        catch (Exception exception)
        {
            return FinalReport.ToOutcome(exception, StopReason);
        }
    }

    /// <param name="services">The container of the attempt; null if there is no middleware.</param>
    ValueTask<JobOutcome> Invoke(IServiceProvider? services)
    {
        if (task.IsAsync)
        {
            return task.Invoke(context, services);
        }
        // What a middleware sets for the flow of the attempt has to reach the task
        var flow = services is null ? null : ExecutionContext.Capture();
        return new(attempts.BlockingThreads.Run(() => RunBlocking(services, flow)));
    }

    /// <summary>Runs on a thread of its own. A synchronous task may have services with asynchronous disposal.</summary>
    /// <param name="services">The container of the attempt; null if there is no middleware.</param>
    /// <param name="flow">The execution context; null for an empty one.</param>
    JobOutcome RunBlocking(IServiceProvider? services, ExecutionContext? flow)
    {
        if (flow is not null)
        {
            JobOutcome? outcome = null;
            ExecutionContext.Run(flow, _ => outcome = RunBlocking(services, null), null);
            return outcome!;
        }
        JobLogProvider.Current = this;
        return task.Invoke(context, services).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Cancels the token. Only the first reason is kept.</summary>
    /// <param name="reason">Why the attempt has to stop.</param>
    /// <param name="message">The caller's own words; null if there are none.</param>
    public void Stop(JobStopReason reason, string? message = null)
    {
        lock (sync)
        {
            if (!IsRunning || StopReason != JobStopReason.None)
            {
                return;
            }
            (StopReason, stopMessage) = (reason, message);
            if (reason != JobStopReason.ShuttingDown)
            {
                SetTimer(reason == JobStopReason.TimedOut ? timeoutGrace : attempts.CancelGrace);
            }
        }
        _ = CancelToken();
    }

    /// <summary>Stops the attempt without reporting, because another worker owns the job.</summary>
    public void Revoke()
    {
        Pending.Silence();
        Stop(JobStopReason.LeaseLost);
    }

    /// <summary>Ends an attempt whose task ignores its token: the slot is released, and the task's outcome is ignored.</summary>
    public void WriteOff()
    {
        if (StopReason == JobStopReason.LeaseLost)
        {
            Pending.Silence();
        }
        if (End(CreateReport(null)))
        {
            attempts.OnWrittenOff(this);
        }
    }

    /// <summary>Returns the attempt, whose task has not run, to JobApi.</summary>
    public void Release() => End(FinalReport.Create(Key, Now, AttemptStep.Released));

    public void Progress(double percent, string? message)
    {
        if (Pending.TrySetProgress(percent, message))
        {
            attempts.Reports.EnqueueDelayed(Pending);
        }
    }

    public Task<string> Enqueue(CreateJobRequest job, CancellationToken cancellationToken)
    {
        if (!IsRunning)
        {
            throw new InvalidOperationException($"The attempt has ended; '{job.TaskName}' was not enqueued. Await Enqueue before the task returns");
        }
        // The id that the task has chosen makes the call repeatable for other attempts, too
        var key = job.IdempotencyKey ?? (job.JobId is { } id ? $"enqueue:{id}" : PreparedJob.NewKey());
        return attempts.Enqueueing.Send(new()
        {
            WorkerId = WorkerId,
            RequestId = Guid.CreateVersion7(),
            JobId = Key.JobId,
            Attempt = Key.Attempt,
            Job = FollowUpCollector.Write(job with { IdempotencyKey = key }).Job,
            Traceparent = TraceParent,
        }, cancellationToken);
    }

    public void Log(LogLevel level, string message, JsonElement? fields)
    {
        if (Pending.AddLogLine(Now, level, message, fields))
        {
            attempts.Reports.EnqueueDelayed(Pending);
        }
    }

    AttemptReport CreateReport(JobOutcome? outcome) => FinalReport.FromOutcome(Key, outcome, StopReason, stopMessage, context.Timeout, Now);

    /// <summary>Only an attempt that completed has follow-up jobs.</summary>
    AttemptReport WithFollowUps(AttemptReport report, string? traceParent) =>
        followUps?.Close() is { Count: > 0 } jobs && report.Step == AttemptStep.Completed
            ? report with { FollowUps = jobs, Traceparent = traceParent }
            : report;

    bool End(AttemptReport report)
    {
        lock (sync)
        {
            if (!Pending.TryEnd(report))
            {
                return false;
            }
        }
        timer.Dispose();
        attempts.OnLastReport?.Invoke(this, report);
        attempts.OnEnded(this);
        attempts.Reports.Enqueue(Pending);
        return true;
    }

    void SetTimer(TimeSpan due) => timer.Change(due, System.Threading.Timeout.InfiniteTimeSpan);

    void OnTimer()
    {
        TimeSpan left;
        lock (sync)
        {
            left = StopReason == JobStopReason.None ? context.Timeout - attempts.Time.GetElapsedTime(startedTimestamp) : TimeSpan.Zero;
            if (IsRunning && left > TimeSpan.FromMilliseconds(1))
            {
                SetTimer(left < longestTimer ? left : longestTimer);
                return;
            }
        }
        if (StopReason == JobStopReason.None)
        {
            Stop(JobStopReason.TimedOut);
        }
        else
        {
            WriteOff();
        }
    }

    async Task CancelToken()
    {
        try
        {
            await cancellation.CancelAsync();
        }
        catch (AggregateException exception)
        {
            attempts.OnTokenCallbackFailed(this, exception);
        }
        IsTokenCancelled = true;
    }
}
