using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>GET /jobs/{id}/events: every step and the course of the progress, oldest first.</summary>
static class GetJobEvents
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(
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
            ? new WrittenAnswer(json => Write(json, new(job.History, job.ProgressCurve), limit, offset))
            : JobLookup.NotFound(jobId);
    }

    static void Write(Utf8JsonWriter json, JobSteps steps, int limit, int offset)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var step in steps.From(offset).Take(limit))
        {
            Write(json, step);
        }
        json.WriteEndArray();
        json.WriteNumber("total"u8, steps.Count);
        json.WriteBoolean("truncated"u8, steps.IsTruncated);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, JsonElement step)
    {
        json.WriteStartObject();
        Copy(json, step, "event"u8);
        json.WritePropertyName("at"u8);
        json.WriteStringValue(step.GetProperty("at"u8).GetDateTimeOffset().UtcDateTime);
        Copy(json, step, "attempt"u8);
        Copy(json, step, "worker_id"u8);
        Copy(json, step, "details"u8);
        json.WriteEndObject();
    }

    static void Copy(Utf8JsonWriter json, JsonElement step, ReadOnlySpan<byte> name)
    {
        json.WritePropertyName(name);
        if (step.TryGetProperty(name, out var value))
        {
            value.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
