using System.Reflection;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// The life of a job as a table: state, event, verbs. Every event is accepted in every state, because messages come late,
/// twice and out of order. The verbs stand in the *Transitions.cs files, by theme. The one way that is not in the table is from pending to reserved: claims
/// reserve many jobs with one statement, see <c>IJobStore.Claim</c>.
/// </summary>
public sealed class JobLifecycle : MassTransitStateMachine<JobState>
{
    public JobLifecycle()
    {
        Pending = State(JobStatus.Pending);
        Reserved = State(JobStatus.Reserved);
        Running = State(JobStatus.Running);
        Retrying = State(JobStatus.Retrying);
        Completed = State(JobStatus.Completed);
        Failed = State(JobStatus.Failed);
        Cancelled = State(JobStatus.Cancelled);
        TimedOut = State(JobStatus.Timeout);
        Expired = State(JobStatus.Expired);
        InstanceState(x => x.CurrentState);

        During(Pending,
            When(BroadcastSpread, c => c.IsNextRound()).Spread().TransitionTo(Running),
            When(TimerElapsed, c => c.IsDue()).IfElse(c => c.IsExpired(),
                expired => expired.Expire().TransitionTo(Expired),
                waiting => waiting.IfElse(c => c.BecomesReady(), ready => ready.MakeReady(), early => early.Rearm())));

        During(Retrying,
            When(TimerElapsed, c => c.IsDue()).IfElse(c => c.IsExpired(),
                expired => expired.Expire().TransitionTo(Expired),
                waiting => waiting.IfElse(c => c.IsReady(), ready => ready.MakeReady().TransitionTo(Pending), early => early.Rearm())));

        During([Pending, Retrying],
            When(CancelRequested).Cancel().TransitionTo(Cancelled),
            When(PinnedWorkerLost).FailUnreachable().TransitionTo(Failed));

        During(Reserved,
            When(AttemptStarted).IfElse(c => c.IsCurrent(), mine => mine.Start().TransitionTo(Running), stale => stale.RefuseReport()));

        During(Running,
            When(AttemptStarted).IfElse(c => c.IsCurrent(), mine => mine.RecordLines(), stale => stale.RefuseReport()),
            When(BroadcastCounted, c => c.Message.Attempt == c.Saga.Attempt).CountChildren(),
            When(BroadcastEnded, c => c.Message.Attempt == c.Saga.Attempt).IfElse(c => c.Message.Failure is null,
                all => all.CompleteBroadcast().TransitionTo(Completed),
                some => some.IfElse(c => c.CancelIsWanted(), stop => stop.CancelBroadcast().TransitionTo(Cancelled), end => end.FailBroadcast().TransitionTo(Failed))));

        During([Reserved, Running],
            When(AttemptProgressed).IfElse(c => c.IsCurrent(), mine => mine.RecordProgress(), stale => stale.RefuseReport()),
            When(AttemptCompleted).IfElse(c => c.IsCurrent(), mine => mine.Complete().TransitionTo(Completed), stale => stale.RefuseReport()),
            When(AttemptFailed).IfElse(c => c.IsCurrent(),
                mine => mine.EndWith(x => x.Report.Error).StopOrRetry(this, Failed),
                stale => stale.RefuseReport()),
            When(AttemptTimedOut).IfElse(c => c.IsCurrent(),
                mine => mine.EndWith(x => x.Report.Error).StopOrRetry(this, TimedOut),
                stale => stale.RefuseReport()),
            When(AttemptStopped).IfElse(c => c.IsCurrent(), mine => mine.EndWith(x => x.Report.Error).Cancel().TransitionTo(Cancelled), stale => stale.RefuseReport()),
            When(AttemptSnoozed).IfElse(c => c.IsCurrent(),
                mine => mine.EndWithoutError().IfElse(c => c.CancelIsWanted(), stop => stop.Cancel().TransitionTo(Cancelled), sleep => sleep.Snooze().TransitionTo(Pending)),
                stale => stale.RefuseReport()),
            When(AttemptReleased).IfElse(c => c.IsCurrent(),
                mine => mine.EndWithoutError().IfElse(c => c.CancelIsWanted(), stop => stop.Cancel().TransitionTo(Cancelled), back => back.GiveBack().TransitionTo(Pending)),
                stale => stale.RefuseReport()),
            When(CancelRequested).RequestCancel(),
            When(TimerElapsed, c => c.IsDue()).IfElse(c => c.Saga.IsBroadcast, all => all.LookAfter(), one => one.WatchAttempt(this)),
            Ignore(PinnedWorkerLost));

        During([Pending, Retrying, Completed, Failed, Cancelled, TimedOut, Expired],
            When(AttemptStarted).RefuseReport(),
            When(AttemptProgressed).RefuseReport(),
            When(AttemptCompleted).RefuseReport(),
            When(AttemptFailed).RefuseReport(),
            When(AttemptTimedOut).RefuseReport(),
            When(AttemptStopped).RefuseReport(),
            When(AttemptSnoozed).RefuseReport(),
            When(AttemptReleased).RefuseReport());

        During([Pending, Reserved, Running, Retrying],
            When(CompletionForced).ForceComplete().TransitionTo(Completed));

        During([Completed, Failed, Cancelled, TimedOut, Expired],
            When(CancelRequested).Refuse("final"),
            When(CompletionForced).Refuse("final"),
            Ignore(PinnedWorkerLost),
            Ignore(TimerElapsed));

        During([Failed, Cancelled, TimedOut, Expired],
            When(RetryRequested).StartOver().TransitionTo(Pending));

        During([Pending, Reserved, Running, Retrying],
            When(RetryRequested).Refuse("not_final"));

        During(Completed,
            When(RetryRequested).Refuse("completed"));

        During([Reserved, Running, Retrying, Completed, Failed, Cancelled, TimedOut, Expired],
            Ignore(BroadcastSpread));

        During([Pending, Reserved, Running, Retrying],
            When(LossDisproved).UncountLoss());

        During([Completed, Failed, Cancelled, TimedOut, Expired],
            Ignore(LossDisproved));

        During([Pending, Reserved, Retrying, Completed, Failed, Cancelled, TimedOut, Expired],
            Ignore(BroadcastCounted),
            Ignore(BroadcastEnded));
    }

    // Fields, not properties: MassTransit would register a second state under each property's own name
#pragma warning disable CA1051

    public readonly State Pending;
    public readonly State Reserved;
    public readonly State Running;
    public readonly State Retrying;
    public readonly State Completed;
    public readonly State Failed;
    public readonly State Cancelled;
    public readonly State TimedOut;
    public readonly State Expired;
#pragma warning restore CA1051

    /// <summary>The properties below.</summary>
    internal IEnumerable<PropertyInfo> AllEvents { get; } =
        typeof(JobLifecycle).GetProperties().Where(x => x.PropertyType.IsGenericType && x.PropertyType.GetGenericTypeDefinition() == typeof(Event<>));

    public Event<AttemptStarted> AttemptStarted { get; private set; } = null!;
    public Event<AttemptProgressed> AttemptProgressed { get; private set; } = null!;
    public Event<AttemptCompleted> AttemptCompleted { get; private set; } = null!;
    public Event<AttemptFailed> AttemptFailed { get; private set; } = null!;
    public Event<AttemptTimedOut> AttemptTimedOut { get; private set; } = null!;
    public Event<AttemptStopped> AttemptStopped { get; private set; } = null!;
    public Event<AttemptSnoozed> AttemptSnoozed { get; private set; } = null!;
    public Event<AttemptReleased> AttemptReleased { get; private set; } = null!;
    public Event<CancelRequested> CancelRequested { get; private set; } = null!;
    public Event<CompletionForced> CompletionForced { get; private set; } = null!;
    public Event<RetryRequested> RetryRequested { get; private set; } = null!;
    public Event<LossDisproved> LossDisproved { get; private set; } = null!;
    public Event<BroadcastSpread> BroadcastSpread { get; private set; } = null!;
    public Event<BroadcastCounted> BroadcastCounted { get; private set; } = null!;
    public Event<BroadcastEnded> BroadcastEnded { get; private set; } = null!;
    public Event<PinnedWorkerLost> PinnedWorkerLost { get; private set; } = null!;
    public Event<TimerElapsed> TimerElapsed { get; private set; } = null!;
}
