using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Requests of people: cancel, force-complete and retry.</summary>
static class RequestTransitions
{
    public static bool CancelIsWanted(this BehaviorContext<JobState> c) => c.Saga.CancelRequestedAt is not null;

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
                c.MakeReady();
            }
        });

    public static EventActivityBinder<JobState, T> Refuse<T>(this EventActivityBinder<JobState, T> binder, string reason) where T : class =>
        binder.Then(c => c.Decision().Refusal = reason);
}
