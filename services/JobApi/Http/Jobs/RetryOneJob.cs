using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>POST /jobs/{id}/retry: the same job runs again, with a fresh budget of attempts.</summary>
static class RetryOneJob
{
    const string Failed = "Failed to retry job";

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
            var delay = body is null ? null : ReadDelay(body.Root, limits.Value, errors);
            AuditNote.Of(http).Add("delay", delay);
            return errors.Any ? errors.ToProblem(Failed) : await Retry(jobId, delay ?? 0, viewer, commands, store, cancellationToken);
        }
    }

    static double? ReadDelay(JsonElement body, JobLimits limits, FieldErrors errors)
    {
        double? delay = null;
        ObjectReader.Read(body, errors, ["delay"], (name, value) => delay = new FieldReader(name, value, errors).Seconds(limits.AheadSeconds, zero: true));
        return delay;
    }

    static async Task<Results<JobAnswer, ProblemHttpResult>> Retry(
        string jobId, double delay, CallerScope viewer, JobCommands commands, IJobStore store, CancellationToken cancellationToken)
    {
        var outcome = await commands.Retry(jobId, TimeSpan.FromSeconds(delay), viewer, cancellationToken);
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
