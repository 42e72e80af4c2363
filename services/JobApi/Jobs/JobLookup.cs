using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Jobs;

/// <summary>Finds the job that an id in a path or a message means.</summary>
static class JobLookup
{
    /// <summary>With history, result and error.</summary>
    public static async Task<JobState?> FindByText(this IJobStore store, string id, CancellationToken cancellationToken)
    {
        if (!JobIds.IsWellFormed(id))
        {
            return null;
        }
        var key = JobIds.Resolve(id);
        // The UUID of a caller's own id is not an id of that job: only the text is
        return await store.Find(key.Id, cancellationToken) is { } job && job.Key == key.Key ? job : null;
    }

    /// <summary>Without history, result and error.</summary>
    public static async Task<JobState?> LoadByText(this IJobStore store, string id, CancellationToken cancellationToken)
    {
        if (!JobIds.IsWellFormed(id))
        {
            return null;
        }
        var key = JobIds.Resolve(id);
        var found = await store.Load([key.Id], cancellationToken);
        return found.TryGetValue(key.Id, out var job) && job.Key == key.Key ? job : null;
    }

    public static ProblemHttpResult NotFound(string id) => Problems.NotFound(Message(id), "job_not_found");

    public static string Message(string id) => $"Job not found: {(id.Length <= JobIds.MaxLength ? id : id[..JobIds.MaxLength])}";
}
