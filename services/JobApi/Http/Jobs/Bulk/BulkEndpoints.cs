using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>POST /jobs/bulk/…: what can be done to one job, for many.</summary>
static class BulkEndpoints
{
    public static void MapBulk(this IEndpointRouteBuilder jobs)
    {
        var bulk = jobs.MapGroup("/bulk");
        bulk.MapPost("/cancel", Cancel).WithName(JobApiOperations.CancelJobs).WithSummary("Cancel many jobs");
        bulk.MapPost("/retry", Retry).WithName(JobApiOperations.RetryJobs).WithSummary("Run many jobs again");
        bulk.MapPost("/delete", Delete).WithName(JobApiOperations.DeleteJobs).WithSummary("Delete many jobs that have ended");
    }

    static Task<Results<RecordAnswer<BulkAnswer>, ProblemHttpResult>> Cancel(
        HttpContext http, CallerScope viewer, BulkJobs bulk, JobCommands commands, IOptions<JobLimits> limits, TimeProvider time, CancellationToken cancellationToken) =>
        Run(http, viewer, bulk, limits.Value, time, "Failed to cancel jobs", "reason", request => BulkVerb.Cancel(commands, request.Reason, viewer.Owner), cancellationToken);

    static Task<Results<RecordAnswer<BulkAnswer>, ProblemHttpResult>> Retry(
        HttpContext http, CallerScope viewer, BulkJobs bulk, JobCommands commands, IOptions<JobLimits> limits, TimeProvider time, CancellationToken cancellationToken) =>
        Run(http, viewer, bulk, limits.Value, time, "Failed to retry jobs", "delay", request => BulkVerb.Retry(commands, request.Delay, viewer.Owner), cancellationToken);

    static Task<Results<RecordAnswer<BulkAnswer>, ProblemHttpResult>> Delete(
        HttpContext http, CallerScope viewer, BulkJobs bulk, IJobStore store, IOptions<JobLimits> limits, TimeProvider time, CancellationToken cancellationToken) =>
        Run(http, viewer, bulk, limits.Value, time, "Failed to delete jobs", null, _ => BulkVerb.Delete(store), cancellationToken);

    static async Task<Results<RecordAnswer<BulkAnswer>, ProblemHttpResult>> Run(
        HttpContext http, CallerScope viewer, BulkJobs bulk, JobLimits limits, TimeProvider time, string failed, string? extra, Func<BulkRequest, BulkVerb> verb, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.BodyBytes, failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        var errors = new FieldErrors();
        BulkRequest request;
        using (body)
        {
            request = BulkRequest.Read(body.Root, limits, errors, extra);
        }
        if (errors.Any)
        {
            return errors.ToProblem(failed);
        }
        var run = bulk.Begin(verb(request), request, viewer);
        var status = await run.Done.Status(time, cancellationToken);
        Note(AuditNote.ForRequest(http), request, run, status == StatusCodes.Status200OK);
        return new RecordAnswer<BulkAnswer>(ToRecord(run, request.DryRun, status == StatusCodes.Status200OK), ApiJson.Default.BulkAnswer, status);
    }

    static void Note(AuditNote note, BulkRequest request, BulkRun run, bool finished)
    {
        var counts = run.Counts;
        note.Add("by", request.Ids is null ? "filter" : "ids");
        note.Add("matched", counts.Matched);
        note.Add(run.Word, counts.Done);
        note.Add("skipped", counts.Skipped);
        note.Add("dry_run", request.DryRun);
        note.Add("finished", finished);
        note.Add("reason", request.Reason);
    }

    static BulkAnswer ToRecord(BulkRun run, bool dryRun, bool finished)
    {
        var counts = run.Counts;
        return new()
        {
            Matched = counts.Matched,
            Cancelled = run.Word == BulkVerb.Cancelled ? counts.Done : null,
            Retried = run.Word == BulkVerb.Retried ? counts.Done : null,
            Deleted = run.Word == BulkVerb.Deleted ? counts.Done : null,
            Skipped = counts.Skipped,
            DryRun = dryRun,
            Finished = finished,
            Errors = counts.Errors,
        };
    }
}
