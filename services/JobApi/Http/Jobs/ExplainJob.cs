using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/explain</summary>
static class ExplainJob
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, IJobStore store, JobExplainer explainer, CancellationToken cancellationToken)
    {
        if (await store.LoadByText(jobId, viewer, cancellationToken) is not { } job)
        {
            return JobLookup.NotFound(jobId);
        }
        var why = await explainer.Explain(job, cancellationToken);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, job.JobId);
            json.WriteString("status"u8, job.CurrentState);
            json.WriteString("queue_name"u8, job.QueueName);
            json.WriteString("code"u8, why.Code);
            json.WriteString("reason"u8, why.Reason);
            json.WriteMoment(dueAt, why.DueAt);
            if (why.Position is { } position)
            {
                json.WriteNumber("position"u8, position);
            }
            else
            {
                json.WriteNull("position"u8);
            }
            json.WriteMoment(estimatedStart, why.EstimatedStart);
            json.WriteString("worker_id"u8, job.WorkerId);
            json.WriteEndObject();
        });
    }

    static readonly System.Text.Json.JsonEncodedText dueAt = System.Text.Json.JsonEncodedText.Encode("due_at");
    static readonly System.Text.Json.JsonEncodedText estimatedStart = System.Text.Json.JsonEncodedText.Encode("estimated_start");
}
