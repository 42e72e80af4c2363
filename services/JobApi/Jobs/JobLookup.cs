using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Jobs;

/// <summary>Finds a job by its id in a path or message. Jobs that the caller may not see are treated as not existing.</summary>
static class JobLookup
{
    /// <summary>With history, result and error.</summary>
    public static async Task<JobState?> FindByText(this IJobStore store, string id, CallerScope viewer, CancellationToken cancellationToken)
    {
        if (!JobIds.IsWellFormed(id))
        {
            return null;
        }
        var key = JobIds.Resolve(id);
        // The UUID of a caller's own id is not an id of that job: only the text is
        return await store.Find(key.Id, cancellationToken) is { } job && job.Key == key.Key && viewer.Sees(job.Owner) ? job : null;
    }

    /// <summary>Without history, result and error.</summary>
    public static async Task<JobState?> LoadByText(this IJobStore store, string id, CallerScope viewer, CancellationToken cancellationToken)
    {
        if (!JobIds.IsWellFormed(id))
        {
            return null;
        }
        var key = JobIds.Resolve(id);
        var found = await store.Load([key.Id], cancellationToken);
        return found.TryGetValue(key.Id, out var job) && job.Key == key.Key && viewer.Sees(job.Owner) ? job : null;
    }

    /// <summary>Why the caller may not change a visible job; null if it may.</summary>
    public static Refusal? Refuse(this CallerScope viewer, JobState job) =>
        viewer.Changes(job.Owner) ? null : new("forbidden", $"Job {job.JobId} belongs to somebody else; changing it needs the permission manage_jobs.");

    public static ProblemHttpResult Refused(Refusal refusal, string failed) => refusal.Code == "forbidden"
        ? Problems.Forbidden($"{failed}: {refusal.Message}")
        : Problems.Conflict($"{failed}: {refusal.Message}", refusal.Code);

    public static ProblemHttpResult NotFound(string id) => Problems.NotFound(Message(id), "job_not_found");

    public static string Message(string id) => $"Job not found: {(id.Length <= JobIds.MaxLength ? id : id[..JobIds.MaxLength])}";
}
