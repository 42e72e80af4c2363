using System.Runtime.InteropServices;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Jobs;

/// <summary>
/// Submits jobs for tasks while their attempts run. <see cref="FollowUpAdmission"/> has those that are inserted with an attempt's end. Both belong to the
/// parent's owner, have the parent's trace, and are not stopped by the quota.
/// </summary>
public sealed class TaskSubmissions(JobSubmissions submissions, IJobStore store)
{
    /// <summary>What did not happen, for errors.</summary>
    public const string Failed = "Failed to enqueue job";

    /// <param name="enqueued">The job, and the attempt that enqueues it.</param>
    /// <param name="cancellationToken">Stops it; repeating it finds out what has happened.</param>
    public async Task<Submitted> Submit(EnqueueJob enqueued, CancellationToken cancellationToken)
    {
        var found = await store.Load([enqueued.JobId], cancellationToken);
        if (!found.TryGetValue(enqueued.JobId, out var parent) || !IsRunning(parent, enqueued))
        {
            return new Submitted.Conflict(
                "stale_attempt", "attempt", $"expected an attempt that runs on this worker; {enqueued.Attempt} of job {enqueued.JobId} does not any more");
        }
        var errors = new FieldErrors();
        if (UnpairedSurrogates.FindMember(JsonMarshal.GetRawUtf8Value(enqueued.Job)) is { } half)
        {
            errors.Expected(half.Member, "valid Unicode", $"{half.Surrogate}, which is half of a surrogate pair");
        }
        return !errors.Any && submissions.Read(enqueued.Job, errors) is { } request
            ? await submissions.Submit(
                request, new CallerScope(parent.Owner, Permission.ManageJobs), errors, cancellationToken, parent: new(parent, enqueued.Traceparent))
            : new Submitted.Refused(errors);
    }

    static bool IsRunning(JobState job, EnqueueJob enqueued) =>
        job.CurrentState is JobStatus.Reserved or JobStatus.Running && job.Attempt == enqueued.Attempt && job.WorkerId == enqueued.WorkerId;
}

/// <summary>The job that another one follows.</summary>
/// <param name="Job">That job.</param>
/// <param name="Traceparent">W3C trace context of its attempt; null if it has none.</param>
public sealed record ParentJob(JobState Job, string? Traceparent)
{
    /// <summary>Makes a job its child.</summary>
    public void Adopt(JobState child)
    {
        (child.ParentId, child.ParentKey) = (Job.CorrelationId, Job.Key);
        child.Traceparent = Traceparent ?? Job.Traceparent;
    }
}
