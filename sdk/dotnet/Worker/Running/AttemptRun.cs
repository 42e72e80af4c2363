using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>A granted attempt from its start to its last report. It ends exactly once: when its task ends, or when it is written off.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token outlives the attempt in tasks that were written off, and a source without a wait handle holds nothing")]
sealed class AttemptRun : IAttempt, IThreadPoolWorkItem
{
    static readonly ActivitySource activities = new("JobSystem.Worker");
    const int MaxProgressMessage = 1000;
    static readonly TimeSpan timeoutGrace = TimeSpan.FromSeconds(5);
    static readonly TimeSpan longestTimer = TimeSpan.FromDays(30);

    readonly Lock sync = new();
    readonly GrantedAttempt grant;
    readonly CompiledTask task;
    readonly Attempts host;
    readonly CancellationTokenSource cancellation = new();
    readonly ITimer timer;
    readonly TaskContext context;
    readonly long grantedTimestamp;
    long leaseUntil;
    long startedTimestamp;
    JobLog? log;
    string? why;
    bool ended;

    // Content of the next report
    DateTimeOffset? startedAt;
    bool startedReported;
    bool endTaken;
    (double Percent, string? Message)? progress;
    AttemptReport? end;
    bool queued;
    bool silent;

    public AttemptRun(GrantedAttempt grant, CompiledTask task, Attempts host, long leasedAt)
    {
        (this.grant, this.task, this.host) = (grant, task, host);
        Key = new(grant.JobId, grant.Attempt);
        grantedTimestamp = host.Time.GetTimestamp();
        Renew(leasedAt);
        context = new(grant, this);
        timer = host.Time.CreateTimer(static x => ((AttemptRun)x!).OnTimer(), this, System.Threading.Timeout.InfiniteTimeSpan, System.Threading.Timeout.InfiniteTimeSpan);
    }

    public AttemptKey Key { get; }
    public string TaskName => task.Name;
    public TimeSpan Lease => TimeSpan.FromSeconds(grant.Lease);
    public string WorkerId => host.WorkerId;
    public string? TraceParent => Activity.Current?.Id;
    public ILogger Logger => host.JobLogger;
    public CancellationToken Token => cancellation.Token;
    public JobStopReason StopReason { get; private set; }

    /// <summary>Current time of the database's clock if known, because this machine's clock may differ from the job's other times.</summary>
    DateTimeOffset Now => grant.GrantedAt is { } at ? at + host.Time.GetElapsedTime(grantedTimestamp) : host.Time.GetUtcNow();

    public DateTimeOffset LeaseUntil => host.Time.GetUtcNow() + LeaseLeft;

    /// <summary>Measured with the monotonic clock, which advances while the process is suspended.</summary>
    public TimeSpan LeaseLeft => host.Time.GetElapsedTime(host.Time.GetTimestamp(), Volatile.Read(ref leaseUntil));

    /// <summary>True if heartbeats renew its lease: it has been neither revoked nor stopped because of an expired lease.</summary>
    public bool IsHeld => !silent && StopReason != JobStopReason.LeaseLost;

    /// <summary>True until the attempt has ended.</summary>
    public bool IsRunning => !ended;

    public bool HasUnreportedStart => startedAt is not null && !startedReported && !ended;

    /// <summary>The step of the last report; null while the attempt runs.</summary>
    public string? EndStep => end?.Step;

    /// <summary>The lease starts when the claim or heartbeat was sent, because the response may have been delayed.</summary>
    public void Renew(long askedAt) => Volatile.Write(ref leaseUntil, askedAt + (long)(grant.Lease * host.Time.TimestampFrequency));

    void IThreadPoolWorkItem.Execute() => _ = Run();

    async Task Run()
    {
        JobLogProvider.Current = this;
        if (LeaseLeft <= TimeSpan.Zero)
        {
            End(FinalReport.New(Key, Now, AttemptStep.Released));
            return;
        }
        AttemptReport? report = null;
        try
        {
            using var activity = activities.StartActivity(task.Name, ActivityKind.Consumer, grant.Traceparent);
            Begin();
            var outcome = await Outcome();
            report = FinalReport.Report(Key, outcome, StopReason, why, context.Timeout, Now);
            activity?.SetStatus(outcome is JobOutcome.Failed failed ? ActivityStatusCode.Error : ActivityStatusCode.Ok, (outcome as JobOutcome.Failed)?.Reason);
        }
        catch (Exception exception)
        {
            // Activity listeners may throw; the attempt has to end in any case
            report ??= FinalReport.Report(Key, FinalReport.Normalise(exception, JobStopReason.None), JobStopReason.None, null, context.Timeout, Now);
        }
        End(report);
    }

    void Begin()
    {
        lock (sync)
        {
            (startedAt, startedTimestamp) = (Now, host.Time.GetTimestamp());
            if (StopReason == JobStopReason.None)
            {
                Arm(TimeSpan.FromSeconds(Math.Min(grant.Timeout, longestTimer.TotalSeconds)));
            }
        }
    }

    async Task<JobOutcome?> Outcome()
    {
        try
        {
            if (cancellation.IsCancellationRequested)
            {
                return null;
            }
            var running = task.IsAsync ? task.Invoke(context) : new(host.Lane.Run(() => RunHere()));
            if (!running.IsCompleted)
            {
                // A task that returns synchronously needs only one report
                host.Reports.Touch(this);
            }
            return await running;
        }
        catch (Exception exception)
        {
            return FinalReport.Normalise(exception, StopReason);
        }
    }

    /// <summary>Runs on a separate thread without the current execution context. Services of a synchronous task may be disposed asynchronously.</summary>
    JobOutcome RunHere()
    {
        JobLogProvider.Current = this;
        return task.Invoke(context).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Cancels the token. Only the first reason is kept.</summary>
    public void Stop(JobStopReason reason, string? because = null)
    {
        lock (sync)
        {
            if (ended || StopReason != JobStopReason.None)
            {
                return;
            }
            (StopReason, why) = (reason, because);
            if (reason != JobStopReason.ShuttingDown)
            {
                Arm(reason == JobStopReason.TimedOut ? timeoutGrace : host.CancelGrace);
            }
        }
        _ = FireToken();
    }

    /// <summary>Stops the attempt without reporting, because another worker owns the job.</summary>
    public void Disown()
    {
        silent = true;
        Stop(JobStopReason.LeaseLost);
    }

    /// <summary>Ends an attempt whose task ignores its token: the slot is released, and the task's outcome is ignored.</summary>
    public void WriteOff()
    {
        if (StopReason == JobStopReason.LeaseLost)
        {
            silent = true;
        }
        if (End(FinalReport.Report(Key, null, StopReason, why, context.Timeout, Now)))
        {
            host.WrittenOff(this, task.Name, StopReason);
        }
    }

    public void Progress(double percent, string? message)
    {
        lock (sync)
        {
            if (ended)
            {
                return;
            }
            progress = (percent, message is null ? null : UserCodeText.Shorten(message, MaxProgressMessage));
        }
        host.Reports.TouchSoon(this);
    }

    public void Write(LogLevel level, string message, JsonElement? fields)
    {
        JobLog lines;
        lock (sync)
        {
            if (ended)
            {
                return;
            }
            lines = log ??= new();
        }
        if (lines.Add(Now, level, message, fields))
        {
            host.Reports.TouchSoon(this);
        }
    }

    /// <summary>True if no report has been scheduled since the last <see cref="TakeReport"/>.</summary>
    public bool TryQueue()
    {
        lock (sync)
        {
            return !queued && (queued = true);
        }
    }

    /// <summary>Everything since the last report, as one step; null if there is nothing new.</summary>
    public AttemptReport? TakeReport()
    {
        lock (sync)
        {
            queued = false;
            if (silent || endTaken)
            {
                return null;
            }
            var (said, lines) = (progress, log?.Take());
            progress = null;
            var report = end ?? Step(startedReported ? AttemptStep.Progress : AttemptStep.Started);
            if (report.Step == AttemptStep.Progress && said is null && lines is null)
            {
                return null;
            }
            (startedReported, endTaken) = (true, end is not null);
            return report with { StartedAt = startedAt, Progress = said?.Percent, Message = said?.Message, Logs = lines };
        }
    }

    /// <summary>Restores the content of a report that could not be sent.</summary>
    public void PutBack(AttemptReport report)
    {
        lock (sync)
        {
            endTaken &= report.Step != end?.Step;
            startedReported &= report.Step != AttemptStep.Started;
            progress ??= report.Progress is { } percent ? (percent, report.Message) : null;
            if (report.Logs is { } lines)
            {
                (log ??= new()).PutBack(lines);
            }
        }
    }

    AttemptReport Step(string step) => new() { JobId = Key.JobId, Attempt = Key.Attempt, Step = step };

    bool End(AttemptReport report)
    {
        lock (sync)
        {
            if (ended)
            {
                return false;
            }
            ended = true;
            end = report;
        }
        timer.Dispose();
        log?.Close();
        host.Ended(this);
        host.Reports.Touch(this);
        return true;
    }

    void Arm(TimeSpan due) => timer.Change(due, System.Threading.Timeout.InfiniteTimeSpan);

    void OnTimer()
    {
        TimeSpan left;
        lock (sync)
        {
            left = StopReason == JobStopReason.None ? context.Timeout - host.Time.GetElapsedTime(startedTimestamp) : TimeSpan.Zero;
            if (!ended && left > TimeSpan.FromMilliseconds(1))
            {
                Arm(left < longestTimer ? left : longestTimer);
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

    async Task FireToken()
    {
        try
        {
            await cancellation.CancelAsync();
        }
        catch (AggregateException exception)
        {
            host.TokenCallbackFailed(this, exception);
        }
    }
}
