using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Activities and conditions of the table in JobLifecycle.cs. They change the row and record effects in the <see cref="Decision"/>, without I/O.</summary>
static class JobActivities
{
    // Conditions

    public static bool IsDueTicket(this BehaviorContext<JobState, AttemptClaimed> c) =>
        c.Message.Attempt == c.Saga.Attempt + 1 && c.IsReady() && !c.IsExpired() && (c.Saga.PinnedTo is not { } only || only == c.Message.WorkerId);

    /// <summary>True if the queue is neither paused nor known to be full. The write checks the limits: see <see cref="JobState.NeedsSlot"/>.</summary>
    public static bool HasRoom(this BehaviorContext<JobState, AttemptClaimed> c) => !c.Decision().QueueIsFull && !c.Decision().Queues.IsPaused(c.Saga.QueueName);

    public static bool IsSameClaim(this BehaviorContext<JobState, AttemptClaimed> c) =>
        c.Message.Attempt == c.Saga.Attempt && c.Message.WorkerId == c.Saga.WorkerId && c.Saga.CancelRequestedAt is null;

    public static bool IsCurrent<T>(this BehaviorContext<JobState, T> c) where T : class, IFromAttempt =>
        c.Message.Attempt == c.Saga.Attempt && c.Message.WorkerId == c.Saga.WorkerId;

    /// <summary>False if another instance has already handled the timer.</summary>
    public static bool IsDue(this BehaviorContext<JobState> c) => c.Saga.DueAt <= c.Now();

    public static bool IsReady(this BehaviorContext<JobState> c) => c.Saga.NotBefore is not { } notBefore || notBefore <= c.Now();

    public static bool IsExpired(this BehaviorContext<JobState> c) => c.Saga.ExpiresAt is { } expiresAt && expiresAt <= c.Now();

    public static bool CancelIsWanted(this BehaviorContext<JobState> c) => c.Saga.CancelRequestedAt is not null;

    static bool MayRetry<T>(this BehaviorContext<JobState, T> c) where T : class =>
        c.Saga.RetryCount < c.Saga.MaxRetries && c.Message is not IFromAttempt { Report.Retryable: false };

    static bool GraceIsOver(this BehaviorContext<JobState> c) => c.GraceEnd() <= c.Now();

    static bool LeaseIsOver(this BehaviorContext<JobState> c) => c.LeaseEnd() is not { } until || until <= c.Now();

    static bool IsOverdue(this BehaviorContext<JobState> c) => c.Backstop() <= c.Now();

    static bool IsPoisonous(this BehaviorContext<JobState> c) => c.Saga.LostCount + 1 >= c.Decision().Options.PoisonStarts;

    // Waiting

    public static EventActivityBinder<JobState, T> Dispatch<T>(this EventActivityBinder<JobState, T> binder) where T : class =>
        binder.Then(c => c.PublishTicket());

    public static EventActivityBinder<JobState, T> Rearm<T>(this EventActivityBinder<JobState, T> binder) where T : class =>
        binder.Then(c => c.ArmWaiting(c.Saga.NotBefore));

    public static EventActivityBinder<JobState, TicketDeclined> PutBack(this EventActivityBinder<JobState, TicketDeclined> binder) =>
        binder.If(c => c.Message.Attempt == c.Saga.Attempt + 1, mine => mine.Then(c =>
        {
            c.Saga.DispatchedAt = null;
            c.Saga.Changed = true;
            c.ArmWaiting(c.Now() + c.Decision().Options.DispatchCheck / 2);
        }));

    public static EventActivityBinder<JobState, TimerElapsed> Expire(this EventActivityBinder<JobState, TimerElapsed> binder) =>
        binder.Then(c => c.Finish(JobStatus.Expired, c.Now()));

    // Claiming

    public static EventActivityBinder<JobState, AttemptClaimed> Reserve(this EventActivityBinder<JobState, AttemptClaimed> binder) =>
        binder.Then(c =>
        {
            var job = c.Saga;
            job.DispatchedAt = job.DispatchedAt == JobState.Parked ? null : job.DispatchedAt;
            job.StartsAttempt = true;
            job.NeedsSlot = c.Decision().Queues.HasLimits(job.QueueName);
            job.Attempt = c.Message.Attempt;
            job.WorkerId = c.Message.WorkerId;
            job.LeaseUntil = c.Now() + c.Decision().Options.Lease;
            job.NotBefore = null;
            job.StartedAt = null;
            job.Progress = 0;
            job.ProgressMessage = null;
            c.Step("reserved", c.Now());
            c.Arm(job.LeaseUntil);
            c.Decision().Granted = true;
        });

    /// <summary>Parks the job without recording a step, because it may happen any number of times.</summary>
    public static EventActivityBinder<JobState, AttemptClaimed> Park(this EventActivityBinder<JobState, AttemptClaimed> binder) =>
        binder.Then(c =>
        {
            c.Saga.DispatchedAt = JobState.Parked;
            c.Saga.DueAt = c.Saga.ExpiresAt;
            c.Saga.Changed = true;
            c.Decision().Parked = true;
            c.Decision().Denial = "held_back";
        });

    public static EventActivityBinder<JobState, AttemptClaimed> GrantAgain(this EventActivityBinder<JobState, AttemptClaimed> binder) =>
        binder.Then(c => c.Decision().Granted = true);

    public static EventActivityBinder<JobState, AttemptClaimed> Deny(this EventActivityBinder<JobState, AttemptClaimed> binder) =>
        binder.Then(c => c.Decision().Denial = c.Saga.CurrentState switch
        {
            JobStatus.Reserved or JobStatus.Running => "taken",
            JobStatus.Pending when c.Message.Attempt != c.Saga.Attempt + 1 => "stale",
            JobStatus.Pending or JobStatus.Retrying => "not_due",
            _ => "final",
        });

    // Running

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

    public static EventActivityBinder<JobState, T> StopOrRetry<T>(this EventActivityBinder<JobState, T> binder, JobLifecycle machine, State final)
        where T : class =>
        binder.IfElse(c => c.CancelIsWanted(),
            stop => stop.Cancel().TransitionTo(machine.Cancelled),
            go => go.IfElse(c => c.MayRetry(),
                retry => retry.Then(c => c.PlanRetry()).TransitionTo(machine.Retrying),
                end => end.Then(c => c.Finish(final.Name, c.EndTime())).TransitionTo(final)));

    /// <summary>The attempt ended without success or error.</summary>
    public static EventActivityBinder<JobState, T> EndWithoutError<T>(this EventActivityBinder<JobState, T> binder) where T : class, IFromAttempt =>
        binder.Then(c =>
        {
            c.MarkStarted(c.Message.Report);
            c.KeepNews(c.Message.Report);
        });

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
            c.PublishTicket();
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

    /// <summary>Only attempts whose worker died count as poison, not those lost because the broker or database was unavailable.</summary>
    public static EventActivityBinder<JobState, LossDisproved> UncountLoss(this EventActivityBinder<JobState, LossDisproved> binder) =>
        binder.Then(c => c.UncountLoss(c.Message.Attempt));

    // Timers of a held attempt

    public static EventActivityBinder<JobState, TimerElapsed> WatchAttempt(this EventActivityBinder<JobState, TimerElapsed> binder, JobLifecycle machine) =>
        binder.IfElse(c => c.GraceIsOver(),
            ignored => ignored.Then(c => c.WriteOff()).Cancel().TransitionTo(machine.Cancelled),
            held => held.IfElse(c => c.LeaseIsOver(),
                lost => lost.LoseAttempt(machine),
                alive => alive.IfElse(c => c.IsOverdue(),
                    overdue => overdue.Then(c => c.WriteOffOverdue()).StopOrRetry(machine, machine.TimedOut),
                    fine => fine.Then(c => c.ArmHeld()))));

    static EventActivityBinder<JobState, TimerElapsed> LoseAttempt(this EventActivityBinder<JobState, TimerElapsed> binder, JobLifecycle machine) =>
        binder.Then(c => c.WriteOff()).IfElse(c => c.CancelIsWanted(),
            stop => stop.Cancel().TransitionTo(machine.Cancelled),
            go => go.IfElse(c => c.IsPoisonous(),
                poison => poison.Then(c => c.FailAsPoison()).TransitionTo(machine.Failed),
                again => again.Then(c => c.RunElsewhere()).TransitionTo(machine.Pending)));

    // Broadcasts

    public static bool IsNextRound(this BehaviorContext<JobState, BroadcastSpread> c) =>
        c.Saga.IsBroadcast && c.Message.Attempt == c.Saga.Attempt + 1 && c.IsReady() && !c.IsExpired();

    public static EventActivityBinder<JobState, BroadcastSpread> Spread(this EventActivityBinder<JobState, BroadcastSpread> binder) =>
        binder.Then(c =>
        {
            c.Saga.Attempt = c.Message.Attempt;
            c.Saga.WorkerId = JobState.Everyone;
            c.Saga.StartedAt = c.Now();
            c.Saga.Result = c.Message.Children;
            c.Step(JobStatus.Running, c.Now(), new { workers = c.Message.Count });
            c.ArmHeld();
            c.Decision().Look = true;
        });

    public static EventActivityBinder<JobState, BroadcastCounted> CountChildren(this EventActivityBinder<JobState, BroadcastCounted> binder) =>
        binder.Then(c =>
        {
            if (c.Saga.DispatchedAt is null)
            {
                c.Saga.DispatchedAt = c.Now();
                c.Saga.Changed = true;
            }
            if (c.Message.Progress > c.Saga.Progress)
            {
                c.MoveTo(c.Message.Progress, null);
            }
        });

    public static EventActivityBinder<JobState, BroadcastEnded> CompleteBroadcast(this EventActivityBinder<JobState, BroadcastEnded> binder) =>
        binder.Then(c =>
        {
            c.Saga.Result = c.Message.Result;
            c.Saga.Progress = 100;
            c.Finish(JobStatus.Completed, c.Now());
        });

    public static EventActivityBinder<JobState, BroadcastEnded> FailBroadcast(this EventActivityBinder<JobState, BroadcastEnded> binder) =>
        binder.Then(c =>
        {
            c.Saga.Result = c.Message.Result;
            c.KeepError(new() { Type = "broadcast", Message = c.Message.Failure! });
            c.Finish(JobStatus.Failed, c.Now());
        });

    public static EventActivityBinder<JobState, BroadcastEnded> CancelBroadcast(this EventActivityBinder<JobState, BroadcastEnded> binder) =>
        binder.Then(c => c.Saga.Result = c.Message.Result).Cancel();

    public static EventActivityBinder<JobState, TimerElapsed> LookAfter(this EventActivityBinder<JobState, TimerElapsed> binder) =>
        binder.Then(c =>
        {
            c.ArmHeld();
            c.Decision().Look = true;
        });

    public static EventActivityBinder<JobState, PinnedWorkerLost> FailUnreachable(this EventActivityBinder<JobState, PinnedWorkerLost> binder) =>
        binder.Then(c =>
        {
            c.KeepError(new() { Type = "worker_lost", Message = $"Worker {c.Message.WorkerId} is gone, and no other may run this job." });
            c.Finish(JobStatus.Failed, c.Now());
        });

    // Requests

    public static EventActivityBinder<JobState, T> Cancel<T>(this EventActivityBinder<JobState, T> binder) where T : class =>
        binder.Then(c =>
        {
            var request = c.Message as CancelRequested;
            c.Saga.CancelRequestedAt ??= c.Now();
            c.Saga.CancelReason ??= request?.Reason;
            c.Finish(JobStatus.Cancelled, c.EndTime(), request is null ? null : new { reason = request.Reason, by = request.By });
        });

    public static EventActivityBinder<JobState, CancelRequested> RequestCancel(this EventActivityBinder<JobState, CancelRequested> binder) =>
        binder.Then(c =>
        {
            c.Decision().TellWorker = true;
            if (c.Saga.CancelRequestedAt is null)
            {
                c.Saga.CancelRequestedAt = c.Now();
                c.Saga.CancelReason = c.Message.Reason;
                c.Step("cancel_requested", c.Now(), new { reason = c.Message.Reason, by = c.Message.By });
                c.ArmHeld();
            }
        });

    /// <summary>A running attempt is written off: its worker is told to stop, and its later reports are refused.</summary>
    public static EventActivityBinder<JobState, CompletionForced> ForceComplete(this EventActivityBinder<JobState, CompletionForced> binder) =>
        binder.Then(c =>
        {
            var from = c.Saga.CurrentState;
            c.Step("force_completed", c.Now(), new { reason = c.Message.Reason, by = c.Message.By, status = from });
            if (from is JobStatus.Reserved or JobStatus.Running)
            {
                c.WriteOff();
                c.Decision().TellWorker = true;
            }
            c.Saga.Result = c.Message.Result;
            c.Saga.Error = null;
            c.Saga.ClearsOutcome = true;
            c.Saga.Progress = 100;
            c.Saga.LostCount = 0;
            c.Finish(JobStatus.Completed, c.Now());
        });

    public static EventActivityBinder<JobState, RetryRequested> StartOver(this EventActivityBinder<JobState, RetryRequested> binder) =>
        binder.Then(c =>
        {
            var job = c.Saga;
            job.RetryCount = 0;
            job.LostCount = 0;
            job.CancelRequestedAt = null;
            job.CancelReason = null;
            job.CompletedAt = null;
            job.Outcome = null;
            job.ClearsOutcome = true;
            job.Progress = 0;
            job.ProgressMessage = null;
            job.StartedAt = null;
            job.WorkerId = null;
            if (c.IsExpired())
            {
                job.ExpiresAt = null;
            }
            c.Step("retry_requested", c.Now(), new { by = c.Message.By, delay = c.Message.Delay.TotalSeconds });
            if (c.Message.Delay > TimeSpan.Zero)
            {
                c.WaitUntil(c.Now() + c.Message.Delay);
            }
            else
            {
                c.WaitUntil(c.Now());
                c.PublishTicket();
            }
        });

    public static EventActivityBinder<JobState, T> Refuse<T>(this EventActivityBinder<JobState, T> binder, string reason) where T : class =>
        binder.Then(c => c.Decision().Refusal = reason);
}
