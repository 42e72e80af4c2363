using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}</summary>
static class GetJob
{
    public static async Task<Results<JobAnswer, ProblemHttpResult>> Handle(string jobId, CallerScope viewer, IJobStore store, CancellationToken cancellationToken) =>
        await store.FindByText(jobId, viewer, cancellationToken) is { } job ? new JobAnswer(job) : JobLookup.NotFound(jobId);
}
