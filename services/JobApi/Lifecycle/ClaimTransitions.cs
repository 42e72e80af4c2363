using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Claims: conditions and activities of <see cref="AttemptClaimed"/> and <see cref="TicketDeclined"/>.</summary>
static class ClaimTransitions
{
    public static bool IsDueTicket(this BehaviorContext<JobState, AttemptClaimed> c) =>
        c.Message.Attempt == c.Saga.Attempt + 1 && c.IsReady() && !c.IsExpired()
        && !c.Saga.IsBroadcast && (c.Saga.PinnedTo is not { } only || only == c.Message.WorkerId);

    /// <summary>True if the queue is neither paused nor known to be full. The write checks the limits: see <see cref="JobState.NeedsSlot"/>.</summary>
    public static bool HasRoom(this BehaviorContext<JobState, AttemptClaimed> c) => !c.Decision().QueueIsFull && !c.Decision().Queues.IsPaused(c.Saga.QueueName);

    public static bool IsSameClaim(this BehaviorContext<JobState, AttemptClaimed> c) =>
        c.Message.Attempt == c.Saga.Attempt && c.Message.WorkerId == c.Saga.WorkerId && c.Saga.CancelRequestedAt is null;

    public static EventActivityBinder<JobState, AttemptClaimed> Reserve(this EventActivityBinder<JobState, AttemptClaimed> binder) =>
        binder.Then(c =>
        {
            var job = c.Saga;
            job.ParkedAt = null;
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
            c.Saga.DispatchedAt = null;
            c.Saga.ParkedAt = c.Now();
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

    public static EventActivityBinder<JobState, TicketDeclined> PutBack(this EventActivityBinder<JobState, TicketDeclined> binder) =>
        binder.If(c => c.Message.Attempt == c.Saga.Attempt + 1, mine => mine.Then(c =>
        {
            c.Saga.DispatchedAt = null;
            c.Saga.ParkedAt = null;
            c.Saga.Changed = true;
            c.ArmWaiting(c.Now() + c.Decision().Options.DispatchCheck / 2);
        }));
}
