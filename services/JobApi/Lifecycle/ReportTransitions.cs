using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Reports of attempts: conditions and activities of the events that implement <see cref="IFromAttempt"/>.</summary>
static class ReportTransitions
{
    public static bool IsCurrent<T>(this BehaviorContext<JobState, T> c) where T : class, IFromAttempt =>
        c.Message.Attempt == c.Saga.Attempt && c.Message.WorkerId == c.Saga.WorkerId;

    static bool MayRetry<T>(this BehaviorContext<JobState, T> c) where T : class =>
        c.Saga.RetryCount < c.Saga.MaxRetries && c.Message is not IFromAttempt { Report.Retryable: false };

    public static EventActivityBinder<JobState, AttemptStarted> Start(this EventActivityBinder<JobState, AttemptStarted> binder) =>
        binder.Then(c =>
        {
            c.MarkStarted(c.Message.Report);
            c.KeepNews(c.Message.Report);
        });

    public static EventActivityBinder<JobState, AttemptProgressed> RecordProgress(this EventActivityBinder<JobState, AttemptProgressed> binder) =>
        binder.Then(c => c.KeepNews(c.Message.Report));

    /// <summary>A start report that arrives late: its log lines are stored, its progress is outdated.</summary>
    public static EventActivityBinder<JobState, AttemptStarted> RecordLines(this EventActivityBinder<JobState, AttemptStarted> binder) =>
        binder.Then(c =>
        {
            c.MarkStarted(c.Message.Report);
            c.KeepLogs(c.Message.Report);
        });

    public static EventActivityBinder<JobState, AttemptCompleted> Complete(this EventActivityBinder<JobState, AttemptCompleted> binder) =>
        binder.Then(c =>
        {
            c.MarkStarted(c.Message.Report);
            c.KeepNews(c.Message.Report);
            c.Saga.Result = c.Message.Report.Result?.GetRawText();
            c.Saga.FollowUps = c.Message.FollowUps ?? [];
            c.Saga.Error = null;
            c.Saga.ClearsOutcome = true;
            c.Saga.Progress = 100;
            c.Saga.LostCount = 0;
            c.Finish(JobStatus.Completed, c.EndTime());
        });

    /// <summary>The attempt ended without success: stores its error.</summary>
    public static EventActivityBinder<JobState, T> EndWith<T>(this EventActivityBinder<JobState, T> binder, Func<T, AttemptError?> error)
        where T : class, IFromAttempt =>
        binder.Then(c =>
        {
            c.MarkStarted(c.Message.Report);
            c.KeepNews(c.Message.Report);
            c.Saga.LostCount = 0;
            c.KeepError(error(c.Message));
        });

    /// <summary>The attempt ended without success or error.</summary>
    public static EventActivityBinder<JobState, T> EndWithoutError<T>(this EventActivityBinder<JobState, T> binder) where T : class, IFromAttempt =>
        binder.Then(c =>
        {
            c.MarkStarted(c.Message.Report);
            c.KeepNews(c.Message.Report);
        });

    public static EventActivityBinder<JobState, T> StopOrRetry<T>(this EventActivityBinder<JobState, T> binder, JobLifecycle machine, State final)
        where T : class =>
        binder.IfElse(c => c.CancelIsWanted(),
            stop => stop.Cancel().TransitionTo(machine.Cancelled),
            go => go.IfElse(c => c.MayRetry(),
                retry => retry.Then(c => c.PlanRetry()).TransitionTo(machine.Retrying),
                end => end.Then(c => c.Finish(final.Name, c.EndTime())).TransitionTo(final)));

    public static EventActivityBinder<JobState, AttemptSnoozed> Snooze(this EventActivityBinder<JobState, AttemptSnoozed> binder) =>
        binder.Then(c =>
        {
            c.Saga.LostCount = 0;
            c.WaitUntil(c.Now() + TimeSpan.FromSeconds(Math.Max(0, c.Message.Report.RetryAfter ?? 0)));
            c.Step("retrying", c.Now(), new { reason = "snoozed", due_at = c.Saga.NotBefore });
        });

    public static EventActivityBinder<JobState, AttemptReleased> GiveBack(this EventActivityBinder<JobState, AttemptReleased> binder) =>
        binder.Then(c =>
        {
            c.Step("retrying", c.Now(), new { reason = "released" });
            c.WaitUntil(null);
            c.MakeReady();
        });

    /// <summary>
    /// A report of an attempt that was written off is kept as evidence, of its progress the first only, or it would fill the history; a repeated
    /// one of a rightful attempt is no news. The lines are kept in any case: the report may only have been overtaken by the attempt's end.
    /// </summary>
    public static EventActivityBinder<JobState, T> RefuseReport<T>(this EventActivityBinder<JobState, T> binder) where T : class, IFromAttempt =>
        binder.Then(c =>
        {
            c.Decision().Refusal = "stale_attempt";
            if (c.Message.Attempt < c.Saga.Attempt || c.IsCurrent())
            {
                c.KeepLogs(c.Message.Report);
            }
            if (c.Message.Attempt >= c.Saga.Attempt && c.Message.Attempt != c.Saga.LostAttempt)
            {
                return;
            }
            if (c.UncountLoss(c.Message.Attempt) || c.Message is not AttemptProgressed)
            {
                c.Step("report_refused", c.Now(), new { report = c.Message.Report.Step, attempt = c.Message.Attempt, worker_id = c.Message.WorkerId });
            }
        });

    public static void PlanRetry(this BehaviorContext<JobState> c)
    {
        var job = c.Saga;
        job.RetryCount++;
        var delay = c.Message<IFromAttempt>()?.Report.RetryAfter is { } chosen
            ? TimeSpan.FromSeconds(Math.Max(0, chosen))
            : RetryBackoff.Delay(job.RetryDelay, job.RetryCount, c.Decision().Options.MaxRetryDelaySeconds);
        c.WaitUntil(c.Now() + delay);
        c.Step("retrying", c.Now(), new { due_at = job.NotBefore, delay = delay.TotalSeconds, retry = job.RetryCount, error = job.LastError() });
    }

    public static void MarkStarted(this BehaviorContext<JobState> c, AttemptReport report)
    {
        if (c.Saga.StartedAt is not null || report.StartedAt is not { } startedAt)
        {
            return;
        }
        c.Saga.StartedAt = c.Bounded(startedAt);
        c.Step(JobStatus.Running, c.Saga.StartedAt.Value);
    }

    /// <summary>Stores the log lines and progress of a report.</summary>
    public static void KeepNews(this BehaviorContext<JobState> c, AttemptReport report)
    {
        c.KeepLogs(report);
        if (report.Progress is { } percent)
        {
            c.MoveTo(percent, report.Message);
        }
    }

    public static void KeepLogs(this BehaviorContext<JobState> c, AttemptReport report)
    {
        if (report.Logs is not { Count: > 0 } lines)
        {
            return;
        }
        c.Saga.Changed = true;
        foreach (var line in lines)
        {
            c.Saga.NewLogs.Add(new(c.Saga.CorrelationId, report.Attempt, line.At, line.Level, line.Message, line.Line, line.Fields?.GetRawText()));
        }
    }

    public static void MoveTo(this BehaviorContext<JobState> c, double percent, string? message)
    {
        c.Saga.Progress = percent;
        c.Saga.ProgressMessage = message;
        c.Step(ProgressCurve.Step, c.Now(), message is null ? new { progress = percent } : new { progress = percent, message });
        c.Saga.ProgressCurve = ProgressCurve.Append(c.Saga.ProgressCurve, c.Saga.NewSteps[^1], c.Saga.Version + 1);
    }

    public static DateTimeOffset EndTime(this BehaviorContext<JobState> c) =>
        c.Message<IFromAttempt>()?.Report.FinishedAt is { } at ? c.Bounded(at) : c.Now();

    /// <summary>
    /// A worker that does not go by <see cref="GrantedAttempt.GrantedAt"/> may tell any time. One that cannot be, as it is before the attempt's start or
    /// after now, says nothing: it is now.
    /// </summary>
    public static DateTimeOffset Bounded(this BehaviorContext<JobState> c, DateTimeOffset told) =>
        told < (c.Saga.StartedAt ?? c.Saga.ReservedAt ?? c.Saga.ReadyAt) || told > c.Now() ? c.Now() : told;
}
