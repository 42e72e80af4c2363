using System.Diagnostics;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs.Submit;

/// <summary>POST /jobs/run-sync: submits a job, waits for its end, and responds with its result.</summary>
sealed class RunJobSync(JobSubmissions submissions, JobCompletionWaiter watch, IJobStore store, IOptions<JobLimits> limits)
{
    const string Failed = "Failed to run job";
    const double DefaultWaitSeconds = 60;

    public static Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpContext http, RunJobSync run, CancellationToken cancellationToken) =>
        run.Handle(http, cancellationToken);

    async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpContext http, CancellationToken cancellationToken)
    {
        var (request, problem) = await CreateJob.Read(http, submissions, limits.Value, Failed, waits: true, cancellationToken);
        if (request is null)
        {
            return problem!;
        }
        var wait = TimeSpan.FromSeconds(request.WaitTimeout ?? Math.Min(DefaultWaitSeconds, limits.Value.WaitSeconds));
        return await submissions.Submit(request, CallerScope.FromRequest(http), new(), cancellationToken) switch
        {
            Submitted.Accepted(var job) => await Await(http, job, wait, cancellationToken),
            Submitted.Duplicate(var job) => await Await(http, job, wait, cancellationToken),
            Submitted.Refused(var errors) => errors.ToProblem(Failed),
            Submitted.Conflict conflict => CreateJob.ToProblem(conflict, Failed),
            Submitted.OverQuota(var reason) => JobQuota.ToProblem(reason, Failed),
            _ => throw new UnreachableException(),
        };
    }

    async Task<Results<WrittenAnswer, ProblemHttpResult>> Await(HttpContext http, JobState job, TimeSpan wait, CancellationToken cancellationToken)
    {
        http.Response.Headers.Location = http.Request.PathBase + JobView.Path(job.JobId);
        AuditNote.ForRequest(http).Created = [job.JobId];
        await watch.WaitFinal(job.CorrelationId, wait, cancellationToken);
        if (await store.Find(job.CorrelationId, cancellationToken) is not { } end)
        {
            return JobLookup.NotFound(job.JobId);
        }
        return end.CurrentState switch
        {
            JobStatus.Completed => new WrittenAnswer(json => json.WriteRawValue(end.Result ?? "null", skipInputValidation: true)),
            JobStatus.Failed => Ended(end, "job_failed", "failed"),
            JobStatus.Timeout => Ended(end, "job_timeout", "exceeded its time limit"),
            JobStatus.Cancelled => Ended(end, "job_cancelled", "was cancelled"),
            JobStatus.Expired => Ended(end, "job_expired", "expired before it started"),
            _ => StillRunning(end, wait),
        };
    }

    static ProblemHttpResult StillRunning(JobState job, TimeSpan wait) => Describe(job, StatusCodes.Status504GatewayTimeout, "job_still_running",
        $"Job {job.JobId} is {job.CurrentState} after {wait.TotalSeconds:0.###} s; it goes on, and Location is where its result will be.");

    static ProblemHttpResult Ended(JobState job, string code, string words)
    {
        var error = job.Error is null ? null : JsonSerializer.Deserialize<AttemptError>(job.Error);
        var reason = error?.Message ?? job.CancelReason;
        return Describe(job, StatusCodes.Status422UnprocessableEntity, code, reason is null ? $"Job {job.JobId} {words}." : $"Job {job.JobId} {words}: {reason}", error);
    }

    static ProblemHttpResult Describe(JobState job, int status, string code, string detail, AttemptError? error = null)
    {
        var problem = Problems.Details(status, code, detail);
        problem.Extensions["job_id"] = job.JobId;
        problem.Extensions["job_status"] = job.CurrentState;
        if (error is not null)
        {
            problem.Extensions["error"] = error with { At = error.At.ToUniversalTime() };
        }
        return TypedResults.Problem(problem);
    }
}
