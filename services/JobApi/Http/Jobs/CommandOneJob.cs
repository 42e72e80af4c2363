using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>POST /jobs/{id}/cancel, retry and force-complete: the body is optional, and the answer is the job as it is then.</summary>
sealed class CommandOneJob(JobCommands commands, IJobStore store, IOptions<JobLimits> options)
{
    readonly JobCommands commands = commands;
    readonly JobLimits limits = options.Value;

    /// <summary>A waiting job never starts after the answer; a running one is asked to stop.</summary>
    public static Task<Results<JobAnswer, ProblemHttpResult>> Cancel(
        string jobId, CallerScope caller, HttpContext http, CommandOneJob one)
    {
        string? reason = null;
        return one.Run(
            jobId, http, "Failed to cancel job", ["reason"], (_, field) => reason = field.Prose(one.limits.ReasonLength),
            note => note.Add("reason", reason),
            () => one.commands.Cancel(jobId, reason, caller, http.RequestAborted));
    }

    /// <summary>The same job runs again, with a fresh budget of attempts.</summary>
    public static Task<Results<JobAnswer, ProblemHttpResult>> Retry(
        string jobId, CallerScope caller, HttpContext http, CommandOneJob one)
    {
        double? delay = null;
        return one.Run(
            jobId, http, "Failed to retry job", ["delay"], (_, field) => delay = field.Seconds(one.limits.AheadSeconds, zero: true),
            note => note.Add("delay", delay),
            () => one.commands.Retry(jobId, TimeSpan.FromSeconds(delay ?? 0), caller, http.RequestAborted));
    }

    /// <summary>A job that has not ended is completed by hand.</summary>
    public static Task<Results<JobAnswer, ProblemHttpResult>> ForceComplete(
        string jobId, CallerScope caller, HttpContext http, CommandOneJob one)
    {
        string? result = null, reason = null;
        return one.Run(
            jobId, http, "Failed to complete job", ["result", "reason"],
            (name, field) => _ = name == "result"
                ? result = field.Json(one.limits.ResultBytes, one.limits.Nesting)
                : reason = field.Prose(one.limits.ReasonLength),
            note => note.Add("reason", reason),
            () => one.commands.ForceComplete(jobId, result, reason, caller, http.RequestAborted));
    }

    async Task<Results<JobAnswer, ProblemHttpResult>> Run(
        string jobId, HttpContext http, string failed, string[] members, Action<string, FieldReader> read, Action<AuditNote> note,
        Func<Task<CommandOutcome>> command)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.BodyBytes, failed, http.RequestAborted, optional: true);
        if (problem is not null)
        {
            return problem;
        }
        var errors = new FieldErrors();
        using (body)
        {
            if (body is not null)
            {
                ObjectReader.Read(body.Root, errors, members, (name, value) => read(name, new(name, value, errors)));
            }
        }
        note(AuditNote.ForRequest(http));
        return errors.Any ? errors.ToProblem(failed) : await Answer(jobId, failed, await command(), http.RequestAborted);
    }

    async Task<Results<JobAnswer, ProblemHttpResult>> Answer(string jobId, string failed, CommandOutcome outcome, CancellationToken cancellationToken) =>
        outcome switch
        {
            { Job: null } => JobLookup.NotFound(jobId),
            { Refusal: { } refusal } => JobLookup.Refused(refusal, failed),
            _ => await store.Find(outcome.Job.CorrelationId, cancellationToken) is { } job ? new JobAnswer(job) : JobLookup.NotFound(jobId),
        };
}
