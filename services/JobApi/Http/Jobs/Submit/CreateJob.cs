using System.Diagnostics;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs.Submit;

/// <summary>POST /jobs</summary>
static class CreateJob
{
    const string Failed = "Failed to create job";

    public static async Task<Results<JobAnswer, ProblemHttpResult>> Handle(
        HttpContext http, JobSubmissions submissions, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var (request, problem) = await Read(http, submissions, limits.Value, Failed, waits: false, cancellationToken);
        if (request is null)
        {
            return problem!;
        }
        return Answer(http, await submissions.Submit(request, CallerScope.FromRequest(http), new(), cancellationToken), Failed);
    }

    internal static Results<JobAnswer, ProblemHttpResult> Answer(HttpContext http, Submitted submitted, string failed) => submitted switch
    {
        Submitted.Accepted(var job) => Answer(http, job, StatusCodes.Status201Created),
        Submitted.Duplicate(var job) => Answer(http, job, StatusCodes.Status200OK),
        Submitted.Refused(var errors) => errors.ToProblem(failed),
        Submitted.Conflict conflict => ToProblem(conflict, failed),
        Submitted.OverQuota(var reason) => JobQuota.ToProblem(reason, failed),
        _ => throw new UnreachableException(),
    };

    static JobAnswer Answer(HttpContext http, JobState job, int status)
    {
        AuditNote.ForRequest(http).Created = [job.JobId];
        return new JobAnswer(job, status, JobView.Path(job.JobId));
    }

    /// <summary>Reads the request; returns an error response if it is invalid.</summary>
    internal static async Task<(JobRequest? Request, ProblemHttpResult? Problem)> Read(
        HttpContext http, JobSubmissions submissions, JobLimits limits, string failed, bool waits, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.BodyBytes, failed, cancellationToken);
        if (body is null)
        {
            return (null, problem);
        }
        using (body)
        {
            var errors = new FieldErrors();
            var request = submissions.Read(body.Root, errors, waits);
            request = WithHeaderKey(http.Request, request, errors);
            return errors.Any ? (null, errors.ToProblem(failed)) : (request, null);
        }
    }

    internal static JobRequest? WithHeaderKey(HttpRequest http, JobRequest? request, FieldErrors errors)
    {
        if (!http.Headers.TryGetValue(IdempotencyKeys.Header, out var header))
        {
            return request;
        }
        var key = header.Count == 1 ? header[0] ?? "" : "";
        if (!IdempotencyKeys.IsWellFormed(key))
        {
            errors.Expected(IdempotencyKeys.Header, IdempotencyKeys.Expected, FieldErrors.Quote(header.ToString()));
        }
        else if (request?.IdempotencyKey is { } other && other != key)
        {
            errors.Expected(IdempotencyKeys.Header, "the same key as idempotency_key in the body", FieldErrors.Quote(key));
        }
        return request is null ? null : request with { IdempotencyKey = key };
    }

    internal static ProblemHttpResult ToProblem(Submitted.Conflict conflict, string failed) =>
        FieldProblem.Result(StatusCodes.Status409Conflict, conflict.Code, failed, conflict.Field, conflict.Message);
}
