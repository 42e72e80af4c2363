using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>POST /jobs/{id}/cancel: a waiting job never starts after the answer; a running one is asked to stop.</summary>
static class CancelOneJob
{
    const string Failed = "Failed to cancel job";

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
            var reason = body is null ? null : ReadReason(body.Root, limits.Value, errors);
            AuditNote.Of(http).Add("reason", reason);
            return errors.Any ? errors.ToProblem(Failed) : await Cancel(jobId, reason, viewer, commands, store, cancellationToken);
        }
    }

    static string? ReadReason(JsonElement body, JobLimits limits, FieldErrors errors)
    {
        string? reason = null;
        ObjectReader.Read(body, errors, ["reason"], (name, value) => reason = new FieldReader(name, value, errors).Prose(limits.ReasonLength));
        return reason;
    }

    static async Task<Results<JobAnswer, ProblemHttpResult>> Cancel(
        string jobId, string? reason, CallerScope viewer, JobCommands commands, IJobStore store, CancellationToken cancellationToken)
    {
        var outcome = await commands.Cancel(jobId, reason, viewer, cancellationToken);
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
