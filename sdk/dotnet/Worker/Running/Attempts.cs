using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Running;

/// <summary>The attempts of this worker that are running, or have ended but not been reported yet.</summary>
sealed partial class Attempts(
    WorkerIdentity identity, IOptions<JobWorkerOptions> options, TaskCatalog catalog, SlotScheduler slots, ReportSender reports, TimeProvider time, ILoggerFactory loggers)
{
    readonly Lock sync = new();
    readonly Dictionary<AttemptKey, AttemptRun> held = [];
    readonly ILogger log = loggers.CreateLogger("JobSystem.Worker");

    // Attempts that ended recently, to recognize repeated grants and duplicate tickets
    readonly HashSet<AttemptKey> over = [];
    readonly Queue<AttemptKey> overInOrder = new();
    TaskCompletionSource? idle;
    int running;
    long processed;
    long failed;

    public string WorkerId => identity.Id;
    public TimeProvider Time => time;
    public TimeSpan CancelGrace => options.Value.CancelGrace;
    public ReportSender Reports => reports;
    public BlockingTaskThreads Lane { get; } = new();
    public ILogger JobLogger { get; } = loggers.CreateLogger("JobSystem.Job");

    /// <summary>Number of attempts that ended since startup, and how many of them failed or timed out.</summary>
    public (long Processed, long Failed) Totals => (Interlocked.Read(ref processed), Interlocked.Read(ref failed));

    /// <summary>The lease duration of the latest grant; null before the first.</summary>
    public TimeSpan? Lease { get; private set; }

    public void Connect()
    {
        reports.OnDelivered = Forget;
        WorkerMetrics.Watch(slots);
    }

    public bool Knows(AttemptKey key)
    {
        lock (sync)
        {
            return held.ContainsKey(key) || over.Contains(key);
        }
    }

    /// <summary>Starts the attempt on the thread pool. The caller has already taken its slot.</summary>
    public void Start(GrantedAttempt grant, Ticket ticket)
    {
        var task = catalog.Find(grant.TaskName, grant.Version);
        if (task is null)
        {
            slots.Release();
            reports.Add(FinalReport.New(ticket.Key, time.GetUtcNow(), AttemptStep.Released));
            return;
        }
        var run = new AttemptRun(grant, task, this, ticket.FirstClaimedAt);
        Lease = run.Lease;
        lock (sync)
        {
            held[run.Key] = run;
            running++;
        }
        if (ticket.Cancel is { } cancel)
        {
            run.Stop(JobStopReason.CancelRequested, cancel.Reason);
        }
        ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
    }

    public bool Cancel(AttemptControl item)
    {
        var run = Find(new(item.JobId, item.Attempt));
        run?.Stop(JobStopReason.CancelRequested, item.Reason);
        return run is not null;
    }

    public void Disown(AttemptControl item)
    {
        if (Find(new(item.JobId, item.Attempt)) is { } run)
        {
            run.Disown();
            if (!run.IsRunning)
            {
                Forget(run);
            }
        }
    }

    public void Ended(AttemptRun run)
    {
        Interlocked.Increment(ref processed);
        if (run.EndStep is AttemptStep.Failed or AttemptStep.TimedOut)
        {
            Interlocked.Increment(ref failed);
        }
        lock (sync)
        {
            // A released attempt may be granted again with the same number
            if (run.EndStep is not AttemptStep.Released)
            {
                Remember(run.Key);
            }
            if (--running == 0)
            {
                idle?.TrySetResult();
            }
        }
        slots.Release();
        try
        {
            WorkerMetrics.Ended(run);
        }
        catch (Exception exception)
        {
            // Metric listeners may throw
            LogUnmeasured(log, exception, run.Key.JobId, run.Key.Attempt);
        }
    }

    /// <summary>Called when the last report has been confirmed by the broker, or will never be sent.</summary>
    public void Forget(AttemptRun run)
    {
        lock (sync)
        {
            held.Remove(run.Key);
        }
    }

    public List<AttemptRun> All()
    {
        lock (sync)
        {
            return [.. held.Values];
        }
    }

    /// <summary>Attempts whose leases a heartbeat renews.</summary>
    public List<AttemptRun> Held() => [.. All().Where(x => x.IsHeld)];

    public bool AnyHeld
    {
        get { lock (sync) { return held.Count > 0; } }
    }

    /// <summary>Completes when no attempt is running.</summary>
    public Task Idle()
    {
        lock (sync)
        {
            return running == 0 ? Task.CompletedTask : (idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Stops attempts whose lease has expired, because another worker may run their jobs.</summary>
    public void Check()
    {
        foreach (var run in All())
        {
            if (run.IsRunning && run.LeaseLeft <= TimeSpan.Zero && run.StopReason != JobStopReason.LeaseLost)
            {
                LogLeaseLost(log, run.Key.JobId, run.Key.Attempt);
                run.Stop(JobStopReason.LeaseLost);
            }
            if (run.HasUnreportedStart)
            {
                reports.Touch(run);
            }
        }
    }

    public void WrittenOff(AttemptRun run, string task, JobStopReason reason) => LogWrittenOff(log, task, run.Key.JobId, run.Key.Attempt, reason);

    public void TokenCallbackFailed(AttemptRun run, Exception exception) => LogCallbackFailed(log, exception, run.Key.JobId, run.Key.Attempt);

    AttemptRun? Find(AttemptKey key)
    {
        lock (sync)
        {
            return held.GetValueOrDefault(key);
        }
    }

    void Remember(AttemptKey key)
    {
        if (over.Add(key))
        {
            overInOrder.Enqueue(key);
        }
        while (overInOrder.Count > Math.Max(1024, slots.Slots * 16))
        {
            over.Remove(overInOrder.Dequeue());
        }
    }

    [LoggerMessage(5001, LogLevel.Warning, "Lease of job {JobId} attempt {Attempt} expired; the attempt is stopped because another worker may run the job")]
    static partial void LogLeaseLost(ILogger logger, Guid jobId, int attempt);

    [LoggerMessage(5002, LogLevel.Warning, "Task {Task} of job {JobId} attempt {Attempt} ignores its cancellation token ({Reason}); its slot is reused while the task keeps running")]
    static partial void LogWrittenOff(ILogger logger, string task, Guid jobId, int attempt, JobStopReason reason);

    [LoggerMessage(5003, LogLevel.Warning, "A callback on the cancellation token of job {JobId} attempt {Attempt} failed")]
    static partial void LogCallbackFailed(ILogger logger, Exception exception, Guid jobId, int attempt);

    [LoggerMessage(5004, LogLevel.Warning, "Could not record the metrics of job {JobId} attempt {Attempt}")]
    static partial void LogUnmeasured(ILogger logger, Exception exception, Guid jobId, int attempt);
}
