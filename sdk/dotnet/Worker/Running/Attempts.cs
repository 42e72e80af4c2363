using JobSystem.Client.Enqueueing;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Running;

/// <summary>
/// The attempts of this worker: those that wait for a free slot because more were requested than there are slots, those that run, and those
/// that have ended but have not been reported yet.
/// </summary>
sealed partial class Attempts
{
    readonly WorkerIdentity identity;
    readonly JobWorkerOptions options;
    readonly TaskCatalog catalog;
    readonly ILogger logger;
    readonly Lock sync = new();
    readonly Dictionary<AttemptKey, AttemptRun> held = [];

    // Attempts without a slot, by priority, then age, then arrival, because jobs of one submission have the same age
    readonly PriorityQueue<AttemptRun, (int Priority, DateTimeOffset ReadyAt, long Arrival)> waiting = new();
    readonly ITimer overdueTimer;
    bool checksWaiting;

    // Attempts that ended recently, to recognize repeated grants
    readonly HashSet<AttemptKey> ended = [];
    readonly Queue<AttemptKey> endedInOrder = new();
    TaskCompletionSource? idle;
    int unended;
    int running;
    long arrivals;
    long processed;
    long failed;

    public Attempts(
        WorkerIdentity identity, IOptions<JobWorkerOptions> options, TaskCatalog catalog, ReportSender reports, EnqueueSender enqueueing, JobWriter jobWriter,
        TimeProvider time, ILoggerFactory loggers)
    {
        (this.identity, this.options, this.catalog) = (identity, options.Value, catalog);
        (Reports, Enqueueing, JobWriter, Time) = (reports, enqueueing, jobWriter, time);
        logger = loggers.CreateLogger("JobSystem.Worker");
        JobLogger = loggers.CreateLogger("JobSystem.Job");
        reports.OnDelivered = Remove;
        overdueTimer = time.CreateTimer(_ => ReleaseOverdue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long an attempt may wait for a slot before it is released, so that another worker may start it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Called when an attempt has ended, and does not need its place any more. Must return quickly.</summary>
    public Action? OnEnd { get; set; }

    /// <summary>Called with the last report of an attempt before it is sent; for tests. Must return quickly.</summary>
    public Action<AttemptRun, AttemptReport>? OnLastReport { get; set; }

    /// <summary>Called when attempts were released because no slot became free in time.</summary>
    public Action? OnOverdue { get; set; }

    public string WorkerId => identity.Id;

    /// <summary>Writes jobs that tasks enqueue.</summary>
    public JobWriter JobWriter { get; }
    public TimeProvider Time { get; }
    public TimeSpan CancelGrace => options.CancelGrace;
    public TaskPipeline? Pipeline => catalog.Pipeline;
    public ReportSender Reports { get; }
    public EnqueueSender Enqueueing { get; }
    public BlockingTaskThreads BlockingThreads { get; } = new();
    public ILogger JobLogger { get; }

    /// <summary>Number of attempts that ended since startup, and how many of them failed or timed out.</summary>
    public (long Processed, long Failed) Totals => (Interlocked.Read(ref processed), Interlocked.Read(ref failed));

    /// <summary>The lease duration of the latest grant; null before the first.</summary>
    public TimeSpan? Lease { get; private set; }

    /// <summary>Number of attempts that have not ended: waiting or running.</summary>
    public int Unended
    {
        get { lock (sync) { return unended; } }
    }

    /// <summary>Number of attempts that have a slot.</summary>
    public int Running
    {
        get { lock (sync) { return running; } }
    }

    /// <summary>Number of attempts that wait for a slot.</summary>
    public int Waiting
    {
        get { lock (sync) { return unended - running; } }
    }

    /// <summary>True if there are no attempts, running or unreported.</summary>
    public bool IsEmpty
    {
        get { lock (sync) { return held.Count == 0; } }
    }

    /// <summary>Returns true if the attempt is here or ended here recently.</summary>
    public bool Contains(AttemptKey key)
    {
        lock (sync)
        {
            return held.ContainsKey(key) || ended.Contains(key);
        }
    }

    /// <summary>
    /// Starts the attempt on the thread pool, as soon as a slot is free: attempts with a higher priority first, and of these the one that
    /// became ready first. Releases it if this worker does not have its task.
    /// </summary>
    /// <param name="grant">The attempt.</param>
    /// <param name="requestedAt">Timestamp of the request, from which its lease counts.</param>
    public void Add(GrantedAttempt grant, long requestedAt)
    {
        var task = catalog.Find(grant.TaskName, grant.Version);
        if (task is null)
        {
            Release(new(grant.JobId, grant.Attempt));
            return;
        }
        var run = new AttemptRun(grant, task, this, requestedAt);
        Lease = run.Lease;
        lock (sync)
        {
            held[run.Key] = run;
            unended++;
            waiting.Enqueue(run, (-grant.Priority, grant.ReadyAt, arrivals++));
        }
        StartWaiting();
    }

    /// <summary>Asks an attempt to stop. Does nothing if it is not here: JobApi repeats the request after each heartbeat that names it.</summary>
    public void Cancel(AttemptControl item) => Find(new(item.JobId, item.Attempt))?.Stop(JobStopReason.CancelRequested, item.Reason);

    /// <summary>Stops an attempt that belongs to another worker.</summary>
    public void Revoke(AttemptControl item)
    {
        if (Find(new(item.JobId, item.Attempt)) is { } run)
        {
            run.Revoke();
            if (!run.IsRunning)
            {
                Remove(run.Key);
            }
        }
    }

    /// <summary>
    /// Returns a granted attempt that does not start here, now or later. Without that, its job would wait until the lease expires.
    /// </summary>
    public void Release(AttemptKey key)
    {
        lock (sync)
        {
            RememberEnded(key);
        }
        Reports.Enqueue(FinalReport.Create(key, Time.GetUtcNow(), AttemptStep.Released));
    }

    public void OnEnded(AttemptRun run)
    {
        if (run.HasSlot)
        {
            Interlocked.Increment(ref processed);
        }
        if (run.EndStep is AttemptStep.Failed or AttemptStep.TimedOut)
        {
            Interlocked.Increment(ref failed);
        }
        lock (sync)
        {
            RememberEnded(run.Key);
            running -= run.HasSlot ? 1 : 0;
            if (--unended == 0)
            {
                idle?.TrySetResult();
            }
        }
        StartWaiting();
        OnEnd?.Invoke();
        try
        {
            AttemptMetrics.CountEnded(run);
        }
        catch (Exception exception)
        {
            // Metric listeners may throw
            LogUnmeasured(logger, exception, run.Key.JobId, run.Key.Attempt);
        }
    }

    public List<AttemptRun> All()
    {
        lock (sync)
        {
            return [.. held.Values];
        }
    }

    /// <summary>Returns the attempts whose leases a heartbeat renews.</summary>
    public List<AttemptRun> Leased() => [.. All().Where(x => x.IsLeased)];

    /// <summary>Completes when all attempts have ended.</summary>
    public Task WhenIdle()
    {
        lock (sync)
        {
            return unended == 0 ? Task.CompletedTask : (idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>
    /// Stops attempts whose lease has expired, because another worker may run their jobs, and reports starts that were not reported.
    /// </summary>
    public void Check()
    {
        foreach (var run in All())
        {
            if (run.IsRunning && run.LeaseLeft <= TimeSpan.Zero && run.StopReason != JobStopReason.LeaseLost)
            {
                LogLeaseLost(logger, run.Key.JobId, run.Key.Attempt);
                run.Stop(JobStopReason.LeaseLost);
            }
            if (run.Pending.HasUnreportedStart)
            {
                Reports.Enqueue(run.Pending);
            }
        }
    }

    /// <summary>Releases attempts that have been waiting for a slot for this time.</summary>
    public bool ReleaseWaiting(TimeSpan since)
    {
        List<AttemptRun> released = [];
        lock (sync)
        {
            foreach (var run in waiting.UnorderedItems.Select(x => x.Element).Where(x => x.Age >= since).ToList())
            {
                waiting.Remove(run, out _, out _);
                released.Add(run);
            }
        }
        released.ForEach(x => x.Release());
        return released.Count > 0;
    }

    public void OnWrittenOff(AttemptRun run) => LogWrittenOff(logger, run.TaskName, run.Key.JobId, run.Key.Attempt, run.StopReason);

    public void OnTokenCallbackFailed(AttemptRun run, Exception exception) => LogCallbackFailed(logger, exception, run.Key.JobId, run.Key.Attempt);

    void StartWaiting()
    {
        while (TakeNext() is { } run)
        {
            ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
        }
    }

    AttemptRun? TakeNext()
    {
        lock (sync)
        {
            while (running < options.Slots && waiting.TryDequeue(out var run, out _))
            {
                if (!run.IsRunning)
                {
                    continue;
                }
                run.HasSlot = true;
                running++;
                return run;
            }
            if (waiting.Count > 0 && !checksWaiting)
            {
                checksWaiting = true;
                overdueTimer.Change(LongestWait / 2, Timeout.InfiniteTimeSpan);
            }
            return null;
        }
    }

    void ReleaseOverdue()
    {
        lock (sync)
        {
            checksWaiting = false;
        }
        if (ReleaseWaiting(LongestWait))
        {
            OnOverdue?.Invoke();
        }
        StartWaiting();
    }

    /// <summary>Called when the broker has confirmed the last report, or it will never be sent.</summary>
    void Remove(AttemptKey key)
    {
        lock (sync)
        {
            held.Remove(key);
        }
    }

    AttemptRun? Find(AttemptKey key)
    {
        lock (sync)
        {
            return held.GetValueOrDefault(key);
        }
    }

    void RememberEnded(AttemptKey key)
    {
        if (ended.Add(key))
        {
            endedInOrder.Enqueue(key);
        }
        while (endedInOrder.Count > Math.Max(1024, options.Slots * 16))
        {
            ended.Remove(endedInOrder.Dequeue());
        }
    }

    [LoggerMessage(5001, LogLevel.Warning,
        "Lease of job {JobId} attempt {Attempt} expired; the attempt is stopped because another worker may run the job")]
    static partial void LogLeaseLost(ILogger logger, Guid jobId, int attempt);

    [LoggerMessage(5002, LogLevel.Warning,
        "Task {Task} of job {JobId} attempt {Attempt} ignores its cancellation token ({Reason}); its slot is reused while the task keeps running")]
    static partial void LogWrittenOff(ILogger logger, string task, Guid jobId, int attempt, JobStopReason reason);

    [LoggerMessage(5003, LogLevel.Warning, "A callback on the cancellation token of job {JobId} attempt {Attempt} failed")]
    static partial void LogCallbackFailed(ILogger logger, Exception exception, Guid jobId, int attempt);

    [LoggerMessage(5004, LogLevel.Warning, "Could not record the metrics of job {JobId} attempt {Attempt}")]
    static partial void LogUnmeasured(ILogger logger, Exception exception, Guid jobId, int attempt);
}
