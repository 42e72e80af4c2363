using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/explain</summary>
static class ExplainJob
{
    public static async Task<Results<RecordAnswer<Explanation>, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, IJobStore store, JobExplainer explainer, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, viewer, cancellationToken) is not { } job)
        {
            return JobLookup.NotFound(jobId);
        }
        var why = await explainer.Explain(job, cancellationToken);
        var explanation = new Explanation
        {
            Id = job.JobId,
            Status = job.CurrentState,
            QueueName = job.QueueName,
            Code = why.Code,
            Reason = why.Reason,
            DueAt = why.DueAt,
            Position = why.Position,
            EstimatedStart = why.EstimatedStart,
            WorkerId = job.WorkerId,
        };
        return new RecordAnswer<Explanation>(explanation, ApiJson.Default.Explanation);
    }
}
