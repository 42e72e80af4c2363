using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/logs: what the task logged, oldest first.</summary>
static class GetJobLogs
{
    public static async Task<Results<RecordAnswer<LogPage>, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, HttpRequest http, IJobStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["attempt", "limit", "offset"]);
        var (attempt, limit, offset) = (query.Whole("attempt", 1, int.MaxValue), query.Limit(), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list logs");
        }
        if (await store.LoadByText(jobId, viewer, cancellationToken) is not { } job)
        {
            return JobLookup.NotFound(jobId);
        }
        // Reads one more row to know whether there is a next page
        var lines = await store.ReadLogs(job.CorrelationId, attempt, offset, limit + 1, cancellationToken);
        return new RecordAnswer<LogPage>(ToRecord(lines, limit, offset), ApiJson.Default.LogPage);
    }

    static LogPage ToRecord(IReadOnlyList<JobLogLine> lines, int limit, int offset) => new()
    {
        Items = [.. lines.Take(limit).Select(ToRecord)],
        NextOffset = lines.Count > limit ? offset + limit : null,
    };

    static LogLine ToRecord(JobLogLine line) => new()
    {
        At = line.At,
        Attempt = line.Attempt,
        Level = line.Level,
        Message = line.Message,
        Fields = line.Fields is { } fields ? new RawJson(fields) : null,
    };
}
