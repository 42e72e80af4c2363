using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>DELETE /jobs/{id}: only a job that has ended can be removed.</summary>
static class DeleteJob
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(string jobId, CallerScope viewer, IJobStore store, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, viewer, cancellationToken) is not { } job)
        {
            return JobLookup.NotFound(jobId);
        }
        if (viewer.Refuse(job) is { } refusal)
        {
            return JobLookup.Refused(refusal, "Failed to delete job");
        }
        // The store checks again, because the job may have been retried meanwhile
        return JobStatus.IsFinal(job.CurrentState) && (await store.Delete([job.CorrelationId], cancellationToken)).Count == 1
            ? TypedResults.NoContent()
            : Problems.Conflict($"Failed to delete job: {Refusal.NotFinal(job, "deleted").Message}", "job_not_final");
    }
}
