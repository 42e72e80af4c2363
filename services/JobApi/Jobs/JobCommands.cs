using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Jobs;

/// <summary>Outcome of a command about one job.</summary>
/// <param name="Job">Null when there is no such job.</param>
/// <param name="Refusal">Why it was not carried out.</param>
public sealed record CommandOutcome(JobState? Job, Refusal? Refusal = null);

/// <summary>A command that conflicts with the job's state, or that its sender is not permitted to give.</summary>
public sealed record Refusal(string Code, string Message)
{
    public static Refusal Final(JobState job) => new("job_final", $"Job {job.JobId} is {job.CurrentState}; it has ended already.");

    public static Refusal Completed(JobState job) => new("job_completed", $"Job {job.JobId} is completed; submit a new one to run it again.");

    public static Refusal NotFinal(JobState job, string done) => new("job_not_final", $"Job {job.JobId} is {job.CurrentState}; only a job that has ended can be {done}.");
}

/// <summary>Operations on one job, used by HTTP, bus and bulk calls.</summary>
public sealed class JobCommands(JobEventProcessor processor, IJobStore store, TimeProvider time)
{
    static readonly TimeSpan reservedPatience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan reservedLook = TimeSpan.FromMilliseconds(40);

    public async Task<CommandOutcome> Cancel(string jobId, string? reason, CallerScope by, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, by, cancellationToken) is not { } found)
        {
            return new(null);
        }
        if (by.Refuse(found) is { } refusal)
        {
            return new(found, refusal);
        }
        var commanded = await Cancel(found.CorrelationId, reason, by.Owner, cancellationToken);
        if (commanded is { Job: { } job, Refusal: null })
        {
            await LeaveReserved(job, cancellationToken);
        }
        return commanded;
    }

    /// <summary>Does not wait for the worker of a job that is being started.</summary>
    public async Task<CommandOutcome> Cancel(Guid id, string? reason, string by, CancellationToken cancellationToken) =>
        HasEnded(await processor.Raise(new CancelRequested(id, reason, by), cancellationToken));

    public async Task<CommandOutcome> ForceComplete(string jobId, string? result, string? reason, CallerScope by, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, by, cancellationToken) is not { } found)
        {
            return new(null);
        }
        return by.Refuse(found) is { } refusal
            ? new(found, refusal)
            : HasEnded(await processor.Raise(new CompletionForced(found.CorrelationId, result, reason, by.Owner), cancellationToken));
    }

    static CommandOutcome HasEnded(Decision decision) => decision switch
    {
        { Job: { } job, Refusal: not null } => new(job, Refusal.Final(job)),
        _ => new(decision.Job),
    };

    /// <summary>
    /// A reserved job may be starting just now. The answer waits until the executor has heard of the request: either it had started
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

    public async Task<CommandOutcome> Retry(string jobId, TimeSpan delay, CallerScope by, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, by, cancellationToken) is not { } found)
        {
            return new(null);
        }
        return by.Refuse(found) is { } refusal ? new(found, refusal) : await Retry(found.CorrelationId, delay, by.Owner, cancellationToken);
    }

    public async Task<CommandOutcome> Retry(Guid id, TimeSpan delay, string by, CancellationToken cancellationToken) =>
        await processor.Raise(new RetryRequested(id, delay, by), cancellationToken) switch
        {
            { Job: { } job, Refusal: "completed" } => new(job, Refusal.Completed(job)),
            { Job: { } job, Refusal: not null } => new(job, Refusal.NotFinal(job, "retried")),
            var decision => new(decision.Job),
        };
}
