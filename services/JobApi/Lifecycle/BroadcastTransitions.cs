using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Broadcasts: the parent's course, and children whose worker is gone.</summary>
static class BroadcastTransitions
{
    public static bool IsNextRound(this BehaviorContext<JobState, BroadcastSpread> c) =>
        c.Saga.IsBroadcast && c.Message.Attempt == c.Saga.Attempt + 1 && c.IsReady() && !c.IsExpired();

    public static EventActivityBinder<JobState, BroadcastSpread> Spread(this EventActivityBinder<JobState, BroadcastSpread> binder) =>
        binder.Then(c =>
        {
            c.Saga.Attempt = c.Message.Attempt;
            c.Saga.StartedAt = c.Now();
            c.Saga.Children = c.Message.Children;
            c.Saga.ChildrenInsertedAt = null;
            c.Step(JobStatus.Running, c.Now(), new { workers = c.Message.Count });
            c.ArmHeld();
            c.Decision().CheckChildren = true;
        });

    public static EventActivityBinder<JobState, BroadcastCounted> CountChildren(this EventActivityBinder<JobState, BroadcastCounted> binder) =>
        binder.Then(c =>
        {
            if (c.Saga.ChildrenInsertedAt is null)
            {
                c.Saga.ChildrenInsertedAt = c.Now();
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
            c.Decision().CheckChildren = true;
        });

    public static EventActivityBinder<JobState, PinnedWorkerLost> FailUnreachable(this EventActivityBinder<JobState, PinnedWorkerLost> binder) =>
        binder.Then(c =>
        {
            c.KeepError(new() { Type = "worker_lost", Message = $"Worker {c.Message.WorkerId} is gone, and no other may run this job." });
            c.Finish(JobStatus.Failed, c.Now());
        });
}
