using JobSystem.Contracts;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/wait: 200 when the job is final, 202 when it is not by then.</summary>
static class WaitForJob
{
    const double DefaultSeconds = 30;

    public static async Task<Results<JobAnswer, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, HttpRequest http, IJobStore store, JobCompletionWaiter watch, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var seconds = new QueryReader(http.Query, errors, ["timeout"]).Seconds("timeout", limits.Value.WaitSeconds) ?? DefaultSeconds;
        if (errors.Any)
        {
            return errors.ToProblem("Failed to wait for job");
        }
        if (await store.LoadByText(jobId, viewer, cancellationToken) is not { } waiting)
        {
            return JobLookup.NotFound(jobId);
        }
        await watch.WaitFinal(waiting.CorrelationId, TimeSpan.FromSeconds(seconds), cancellationToken);
        return await store.FindByText(jobId, viewer, cancellationToken) is { } job
            ? new JobAnswer(job, JobStatus.IsFinal(job.CurrentState) ? StatusCodes.Status200OK : StatusCodes.Status202Accepted)
            : JobLookup.NotFound(jobId);
    }
}
