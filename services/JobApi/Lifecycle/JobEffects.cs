using JobSystem.Contracts;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Carries out the effects of decisions after their commit. Effects that are lost in a crash are repeated by timers.</summary>
public sealed class JobEffects(TicketDispatcher tickets, JobEventPublisher steps, WorkerMessenger inbox, JobCompletionWaiter watch, ParkedJobWaker parked, Broadcasts broadcasts, ClaimedTickets claimed, Lazy<DueJobPoller> poller)
{
    public void Apply(Decision decision)
    {
        if (decision.Job is not { } job)
        {
            return;
        }
        if (decision.Dispatch)
        {
            Failpoint.Hit("after_commit_before_publish");
            tickets.Enqueue(job);
        }
        if (decision.Granted)
        {
            tickets.Claimed(job.CorrelationId);
            claimed.Add(job);
        }
        else if (decision.Parked)
        {
            tickets.Claimed(job.CorrelationId);
            parked.Note(job.QueueName);
        }
        else if (job.LeaseUntil is null)
        {
            parked.Freed(job.QueueName);
        }
        if (decision.Look || (decision.TellWorker && job.IsBroadcast))
        {
            broadcasts.Enqueue(job.CorrelationId);
        }
        else if (decision.TellWorker && job.WorkerId is not null)
        {
            inbox.Cancel(job.WorkerId, new AttemptControl { JobId = job.CorrelationId, Attempt = job.Attempt, Reason = job.CancelReason });
        }
        if (job.NewSteps.Count > 0)
        {
            steps.Enqueue(job);
        }
        if (job.DueAt is { } dueAt)
        {
            poller.Value.Nudge(dueAt);
        }
        if (JobStatus.IsFinal(job.CurrentState))
        {
            watch.Signal(job.CorrelationId);
            broadcasts.ChildEnded(job);
        }
    }
}
