using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Timers: conditions and activities of <see cref="TimerElapsed"/>, and when a row is looked at next.</summary>
static class TimerTransitions
{
    /// <summary>False if another instance has already handled the timer.</summary>
    public static bool IsDue(this BehaviorContext<JobState> c) => c.Saga.DueAt <= c.Now();

    public static bool IsReady(this BehaviorContext<JobState> c) => c.Saga.NotBefore is not { } notBefore || notBefore <= c.Now();

    /// <summary>A job that was ready before is in its queue already. Broadcasts and their children are looked after again and again.</summary>
    public static bool BecomesReady(this BehaviorContext<JobState> c) =>
        c.IsReady() && (c.Saga.NotBefore is not null || c.Saga.IsBroadcast || c.Saga.PinnedTo is not null);

    public static bool IsExpired(this BehaviorContext<JobState> c) => c.Saga.ExpiresAt is { } expiresAt && expiresAt <= c.Now();

    static bool GraceIsOver(this BehaviorContext<JobState> c) => c.GraceEnd() <= c.Now();

    static bool LeaseIsOver(this BehaviorContext<JobState> c) => c.LeaseEnd() is not { } until || until <= c.Now();

    static bool IsOverdue(this BehaviorContext<JobState> c) => c.Backstop() <= c.Now();

    /// <summary>
    /// The worker died with the attempt. It may have been the cause if its task had started. Tasks report their start before they run only
    /// after a first loss, so the first counts in any case.
    /// </summary>
    static bool MayBeTheCause(this BehaviorContext<JobState> c) => c.Saga.LostCount == 0 || c.Saga.StartedAt is not null;

    static bool IsPoisonous(this BehaviorContext<JobState> c) => c.MayBeTheCause() && c.Saga.LostCount + 1 >= c.Decision().Options.PoisonStarts;

    public static EventActivityBinder<JobState, T> MakeReady<T>(this EventActivityBinder<JobState, T> binder) where T : class =>
        binder.Then(c => c.MakeReady());

    public static EventActivityBinder<JobState, T> Rearm<T>(this EventActivityBinder<JobState, T> binder) where T : class =>
        binder.Then(c => c.ArmWaiting(c.Saga.NotBefore));

    public static EventActivityBinder<JobState, TimerElapsed> Expire(this EventActivityBinder<JobState, TimerElapsed> binder) =>
        binder.Then(c => c.Finish(JobStatus.Expired, c.Now()));

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

    public static void RunElsewhere(this BehaviorContext<JobState> c)
    {
        c.Saga.LostCount += c.MayBeTheCause() ? 1 : 0;
        c.Step("lease_lost", c.Now(), new { worker_id = c.Saga.WorkerId, times = c.Saga.LostCount });
        c.WaitUntil(null);
        c.MakeReady();
    }

    public static void FailAsPoison(this BehaviorContext<JobState> c)
    {
        c.Saga.LostCount++;
        c.Step("lease_lost", c.Now(), new { worker_id = c.Saga.WorkerId, times = c.Saga.LostCount });
        c.KeepError(new()
        {
            Type = "worker_lost",
            Message = $"The worker vanished {c.Saga.LostCount} times in a row while it had this job; it is not started again.",
        });
        c.Finish(JobStatus.Failed, c.Now());
    }

    public static void WriteOffOverdue(this BehaviorContext<JobState> c)
    {
        c.WriteOff();
        c.Saga.LostCount = 0;
        c.Decision().TellWorker = true;
        c.KeepError(new()
        {
            Type = "timeout",
            Message = $"The attempt ran longer than its limit of {c.Saga.TimeoutSeconds} s and its worker did not report that.",
        });
    }

    /// <summary>Writes off the current attempt: its later reports will be refused.</summary>
    public static void WriteOff(this BehaviorContext<JobState> c)
    {
        c.Saga.LostAttempt = c.Saga.Attempt;
        c.Saga.LeaseUntil = null;
        c.Saga.Changed = true;
    }

    /// <summary>Only attempts whose worker died count as poison, not those lost because the broker or database was unavailable.</summary>
    public static EventActivityBinder<JobState, LossDisproved> UncountLoss(this EventActivityBinder<JobState, LossDisproved> binder) =>
        binder.Then(c => c.UncountLoss(c.Message.Attempt));

    /// <summary>Uncounts a loss once. The attempt stays written off.</summary>
    /// <returns>True when this loss was counted until now.</returns>
    public static bool UncountLoss(this BehaviorContext<JobState> c, int attempt)
    {
        if (c.Saga.LostCount == 0 || c.Saga.LostAttempt != attempt)
        {
            return false;
        }
        c.Saga.LostCount--;
        c.Saga.LostAttempt = 0;
        c.Saga.Changed = true;
        return true;
    }

    public static void MakeReady(this BehaviorContext<JobState> c)
    {
        c.Saga.NotBefore = null;
        if (c.Saga is { PinnedTo: null, IsBroadcast: false })
        {
            c.Step("dispatched", c.Now());
        }
        // Broadcasts and their children may be made ready repeatedly; that is no step
        c.Saga.Changed = true;
        c.ArmWaiting(c.Now() + c.Decision().Options.DispatchCheck);
        c.Decision().IsReady = true;
    }

    /// <param name="moment">As it is stored, in microseconds: otherwise a timer of the row would come before the moment that is in memory.</param>
    public static void WaitUntil(this BehaviorContext<JobState> c, DateTimeOffset? moment)
    {
        moment = moment is { } exact ? Rfc3339.ToMicroseconds(exact) : null;
        c.Saga.NotBefore = moment;
        c.Saga.ReadyAt = moment ?? c.Saga.ReadyAt;
        c.Saga.LeaseUntil = null;
        c.Saga.Changed = true;
        c.ArmWaiting(moment);
    }

    /// <summary>
    /// Sets the timer. An earlier one that is still to come is kept: it costs a look at the row, but leaves the index alone,
    /// and almost every job ends before it.
    /// </summary>
    public static void Arm(this BehaviorContext<JobState> c, DateTimeOffset? at)
    {
        var job = c.Saga;
        if (at is not null && job.DueAt > c.Now() && job.DueAt <= at)
        {
            return;
        }
        if (job.DueAt != at)
        {
            job.DueAt = at;
            job.Changed = true;
        }
    }

    public static void ArmWaiting(this BehaviorContext<JobState> c, DateTimeOffset? at) => c.Arm(Earlier(at, c.Saga.ExpiresAt));

    public static void ArmHeld(this BehaviorContext<JobState> c)
    {
        if (c.Saga.IsBroadcast)
        {
            // No worker holds a broadcast; its children have their own timers
            c.Arm(c.Now() + c.Decision().Options.DispatchCheck);
            return;
        }
        c.Arm(Earlier(Earlier(c.LeaseEnd(), c.GraceEnd()), c.Backstop()));
    }

    /// <summary>When the lease ends, unless it is renewed.</summary>
    public static DateTimeOffset? LeaseEnd(this BehaviorContext<JobState> c)
    {
        var lease = c.Decision().Options.Lease;
        return c.After(c.Saga.LeaseUntil - lease, lease);
    }

    /// <summary>When a task that was asked to stop is written off.</summary>
    public static DateTimeOffset? GraceEnd(this BehaviorContext<JobState> c) => c.After(c.Saga.CancelRequestedAt, c.Decision().Options.CancelGrace);

    /// <summary>When JobApi ends an attempt whose worker does not enforce the time limit.</summary>
    public static DateTimeOffset? Backstop(this BehaviorContext<JobState> c) =>
        c.After(c.Saga.StartedAt, TimeSpan.FromSeconds(c.Saga.TimeoutSeconds) + c.Decision().Options.DeadlineSlack);

    /// <summary>The time at which a duration has passed since a moment, not counting uncounted times.</summary>
    static DateTimeOffset? After(this BehaviorContext<JobState> c, DateTimeOffset? moment, TimeSpan time) =>
        moment is { } since ? since + time + c.Decision().UncountedSince(since) : null;

    static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a < b ? a : b;
}
