using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/logs: what the task logged, oldest first.</summary>
static class GetJobLogs
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(
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
        return new WrittenAnswer(json => Write(json, lines, limit, offset));
    }

    static void Write(Utf8JsonWriter json, IReadOnlyList<JobLogLine> lines, int limit, int offset)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        for (var i = 0; i < Math.Min(limit, lines.Count); i++)
        {
            json.WriteStartObject();
            json.WriteString("at"u8, lines[i].At.UtcDateTime);
            json.WriteNumber("attempt"u8, lines[i].Attempt);
            json.WriteString("level"u8, lines[i].Level);
            json.WriteString("message"u8, lines[i].Message);
            json.WritePropertyName("fields"u8);
            json.WriteRawValue(lines[i].Fields ?? "null", skipInputValidation: true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WritePropertyName("next_offset"u8);
        if (lines.Count > limit)
        {
            json.WriteNumberValue(offset + limit);
        }
        else
        {
            json.WriteNullValue();
        }
        json.WriteEndObject();
    }
}
