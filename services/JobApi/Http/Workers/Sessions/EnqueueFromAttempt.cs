using System.Diagnostics;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Http.Jobs.Submit;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>POST /worker-sessions/{id}/jobs: a task enqueues a job while its attempt runs.</summary>
static class EnqueueFromAttempt
{
    static readonly string[] members = ["job_id", "attempt", "secret", "job", "traceparent"];

    public static async Task<Results<RecordAnswer<EnqueuedJob>, ProblemHttpResult>> Handle(
        string sessionId, HttpContext http, WorkerSessions sessions, TaskSubmissions submissions, IOptions<JobLimits> limits,
        CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, TaskSubmissions.Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var (enqueued, secret) = Read(body.Root, errors);
            if (errors.Any)
            {
                return errors.ToProblem(TaskSubmissions.Failed);
            }
            if (await sessions.Find(sessionId, Caller.NameOf(http), cancellationToken) is not { } session)
            {
                return SessionEndpoints.NotFound(sessionId);
            }
            var submitted = session.Knows(enqueued.JobId, enqueued.Attempt, secret)
                ? await submissions.Submit(enqueued with { WorkerId = session.Id }, cancellationToken)
                : new Submitted.Conflict("wrong_secret", "secret", "expected the secret that came with the attempt");
            return submitted switch
            {
                Submitted.Accepted(var job) => Answer(job.JobId, duplicate: false),
                Submitted.Duplicate(var job) => Answer(job.JobId, duplicate: true),
                Submitted.Refused(var refused) => refused.ToProblem(TaskSubmissions.Failed),
                Submitted.Conflict conflict => CreateJob.ToProblem(conflict, TaskSubmissions.Failed),
                _ => throw new UnreachableException(),
            };
        }
    }

    static RecordAnswer<EnqueuedJob> Answer(string jobId, bool duplicate) =>
        new(new() { JobId = jobId, Duplicate = duplicate }, ApiJson.Default.EnqueuedJob);

    static (EnqueueJob Enqueued, string Secret) Read(JsonElement body, FieldErrors errors)
    {
        var (parent, attempt, secret, job, trace) = (default(Guid?), default(int?), default(string), default(JsonElement?), default(string));
        ObjectReader.Read(body, errors, members, (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            switch (name)
            {
                case "job_id": parent = field.Uuid(); break;
                case "attempt": attempt = field.Whole(1, int.MaxValue); break;
                case "secret": secret = field.Text(AttemptReportReader.ExpectedSecret, x => x.Length <= 200); break;
                case "traceparent": trace = field.Text(AttemptReportReader.ExpectedTrace, AttemptReportReader.IsTrace); break;
                default: job = value; break;
            }
        });
        errors.Require("job_id", parent is not null, "a UUID");
        errors.Require("attempt", attempt is not null, "a whole number from 1");
        errors.Require("secret", secret is not null, AttemptReportReader.ExpectedSecret);
        if (job is not { ValueKind: JsonValueKind.Object })
        {
            errors.Expected("job", "an object with the members of POST /jobs", job ?? default);
        }
        return (new() { WorkerId = "", RequestId = default, JobId = parent ?? default, Attempt = attempt ?? 0, Job = job ?? default, Traceparent = trace }, secret ?? "");
    }
}
