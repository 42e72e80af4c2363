using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/events: every step and the course of the progress, oldest first.</summary>
static class GetJobEvents
{
    public static async Task<Results<RecordAnswer<JobStepPage>, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, HttpRequest http, IJobStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(otherwise: QueryReader.MostItems), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list events");
        }
        return await store.FindByText(jobId, viewer, cancellationToken) is { } job
            ? new RecordAnswer<JobStepPage>(ToRecord(new(job.History, job.ProgressCurve), limit, offset), ApiJson.Default.JobStepPage)
            : JobLookup.NotFound(jobId);
    }

    static JobStepPage ToRecord(JobSteps steps, int limit, int offset) => new()
    {
        Items = [.. steps.From(offset).Take(limit).Select(ToRecord)],
        Total = steps.Count,
        Truncated = steps.IsTruncated,
    };

    internal static JobStep ToRecord(JsonElement step) => new()
    {
        Event = JobSteps.WordOf(step),
        At = step.GetProperty("at"u8).GetDateTimeOffset(),
        Attempt = Member(step, "attempt"u8)?.GetInt32(),
        WorkerId = Member(step, "worker_id"u8)?.GetString(),
        Details = Member(step, "details"u8) is { } details ? RawJson.From(details) : null,
    };

    /// <summary>Null if the step has no such member.</summary>
    static JsonElement? Member(JsonElement step, ReadOnlySpan<byte> name) =>
        step.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
