using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Jobs;

/// <summary>What became of a command about one job.</summary>
/// <param name="Job">Null when there is no such job.</param>
/// <param name="Refusal">Why it was not carried out.</param>
public sealed record Commanded(JobState? Job, Refusal? Refusal = null);

/// <summary>A command that does not fit the job's state, or is not its sender's to give.</summary>
public sealed record Refusal(string Code, string Message);

/// <summary>Cancel and retry, whether they came over HTTP or on the bus.</summary>
public sealed class JobCommands(JobDoor door, IJobStore store, TimeProvider time)
{
    static readonly TimeSpan reservedPatience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan reservedLook = TimeSpan.FromMilliseconds(40);

    public async Task<Commanded> Cancel(string jobId, string? reason, Viewer by, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, by, cancellationToken) is not { } found)
        {
            return new(null);
        }
        if (by.Refuse(found) is { } refusal)
        {
            return new(found, refusal);
        }
        var decision = await door.Raise(new CancelRequested(found.CorrelationId, reason, by.Owner), cancellationToken);
        if (decision.Job is not { } job)
        {
            return new(null);
        }
        if (decision.Refusal is not null)
        {
            return new(job, new("job_final", $"Job {job.JobId} is {job.CurrentState}; it has ended already."));
        }
        await LeaveReserved(job, cancellationToken);
        return new(job);
    }

    /// <summary>
    /// A claimed job may be starting just now. The answer waits until the executor has heard of the request: either it had started
    /// before, or it never will.
    /// </summary>
    async Task LeaveReserved(JobState job, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (job.CurrentState == JobStatus.Reserved && time.GetElapsedTime(start) < reservedPatience)
        {
            await Task.Delay(reservedLook, time, cancellationToken);
            var now = await store.Load([job.CorrelationId], cancellationToken);
            if (!now.TryGetValue(job.CorrelationId, out var later) || later.CurrentState != JobStatus.Reserved)
            {
                return;
            }
        }
    }

    public async Task<Commanded> Retry(string jobId, TimeSpan delay, Viewer by, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, by, cancellationToken) is not { } found)
        {
            return new(null);
        }
        if (by.Refuse(found) is { } refusal)
        {
            return new(found, refusal);
        }
        var decision = await door.Raise(new RetryRequested(found.CorrelationId, delay, by.Owner), cancellationToken);
        return decision switch
        {
            { Job: null } => new(null),
            { Refusal: "completed" } => new(decision.Job, new("job_completed", $"Job {decision.Job.JobId} is completed; submit a new one to run it again.")),
            { Refusal: not null } => new(decision.Job, new("job_not_final", $"Job {decision.Job.JobId} is {decision.Job.CurrentState}; only a job that has ended can be retried.")),
            _ => new(decision.Job),
        };
    }
}
