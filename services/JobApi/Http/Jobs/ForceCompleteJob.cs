using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>POST /jobs/{id}/force-complete: a job that has not ended is completed by hand.</summary>
static class ForceCompleteJob
{
    const string Failed = "Failed to complete job";

    public static async Task<Results<JobAnswer, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, HttpContext http, JobCommands commands, IJobStore store, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, cancellationToken, optional: true);
        if (problem is not null)
        {
            return problem;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var (result, reason) = body is null ? (null, null) : Read(body.Root, limits.Value, errors);
            AuditNote.Of(http).Add("reason", reason);
            return errors.Any ? errors.ToProblem(Failed) : await Complete(jobId, result, reason, viewer, commands, store, cancellationToken);
        }
    }

    static (string? Result, string? Reason) Read(JsonElement body, JobLimits limits, FieldErrors errors)
    {
        string? result = null, reason = null;
        ObjectReader.Read(body, errors, ["result", "reason"], (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            if (name == "result")
            {
                result = field.Json(limits.ResultBytes, limits.Nesting);
            }
            else
            {
                reason = field.Prose(limits.ReasonLength);
            }
        });
        return (result, reason);
    }

    static async Task<Results<JobAnswer, ProblemHttpResult>> Complete(
        string jobId, string? result, string? reason, CallerScope viewer, JobCommands commands, IJobStore store, CancellationToken cancellationToken)
    {
        var outcome = await commands.ForceComplete(jobId, result, reason, viewer, cancellationToken);
        if (outcome.Job is null)
        {
            return JobLookup.NotFound(jobId);
        }
        if (outcome.Refusal is { } refusal)
        {
            return JobLookup.Refused(refusal, Failed);
        }
        return await store.Find(outcome.Job.CorrelationId, cancellationToken) is { } job ? new JobAnswer(job) : JobLookup.NotFound(jobId);
    }
}
