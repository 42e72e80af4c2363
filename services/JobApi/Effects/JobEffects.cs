using JobSystem.Contracts;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Events;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Workers;

namespace JobSystem.JobApi.Effects;

/// <summary>
/// Carries out what follows from a committed decision, claim or insert: messages to workers, events, wake-ups. Nothing here calls the state machine.
/// Effects that are lost in a crash are repeated by timers.
/// </summary>
public sealed class JobEffects(
    WaitingJobs waiting, RecentJobCache recent, JobEventPublisher events, WorkerMessenger workers, JobCompletionWaiter completions,
    BroadcastQueue broadcasts, DueJobSignal dueJobs)
{
    /// <summary>The job has been inserted.</summary>
    public void ApplyInsert(JobState job)
    {
        Failpoint.Hit("after_commit_before_publish");
        if (job.NotBefore is null)
        {
            AddWaiting(job);
        }
        else
        {
            dueJobs.Notify(job.DueAt!.Value);
        }
        events.Enqueue(job);
    }

    /// <summary>The job has been reserved for a worker.</summary>
    public void ApplyClaim(JobState job)
    {
        recent.Add(job);
        events.Enqueue(job);
        dueJobs.Notify(job.DueAt!.Value);
    }

    /// <summary>The decision has been committed.</summary>
    public void Apply(Decision decision)
    {
        if (decision.Job is not { } job)
        {
            return;
        }
        if (decision.IsReady)
        {
            Failpoint.Hit("after_commit_before_publish");
            AddWaiting(job);
        }
        if (job.LeaseUntil is null)
        {
            waiting.NotifyFreed(job.QueueName);
        }
        ApplyStop(decision, job);
        if (job.NewSteps.Count > 0)
        {
            events.Enqueue(job);
        }
        if (job.DueAt is { } dueAt)
        {
            dueJobs.Notify(dueAt);
        }
        for (var n = 0; n < job.FollowUps.Count; n++)
        {
            ApplyInsert(job.FollowUps[n]);
        }
        if (JobStatus.IsFinal(job.CurrentState))
        {
            ApplyEnd(job);
        }
    }

    void AddWaiting(JobState job)
    {
        if (job is { PinnedTo: null, IsBroadcast: false })
        {
            waiting.Add(job);
        }
        else
        {
            broadcasts.Enqueue(job.CorrelationId);
        }
    }

    void ApplyStop(Decision decision, JobState job)
    {
        if (decision.CheckChildren || (decision.TellWorker && job.IsBroadcast))
        {
            broadcasts.Enqueue(job.CorrelationId);
        }
        else if (decision.TellWorker && job.WorkerId is not null)
        {
            workers.Cancel(job.WorkerId, new AttemptControl { JobId = job.CorrelationId, Attempt = job.Attempt, Reason = job.CancelReason });
        }
    }

    void ApplyEnd(JobState job)
    {
        completions.Signal(job.CorrelationId);
        if (job is { PinnedTo: not null, ParentId: { } parent })
        {
            // The parent ends when its last child ends
            broadcasts.Enqueue(parent);
        }
    }
}
