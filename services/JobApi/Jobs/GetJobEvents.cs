using System.Text.Json;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Jobs;

/// <summary>GET /jobs/{id}/events: every step, oldest first.</summary>
static class GetJobEvents
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(
        string jobId, Viewer viewer, HttpRequest http, IJobStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(otherwise: QueryReader.MostItems), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list events");
        }
        return await store.FindByText(jobId, viewer, cancellationToken) is { } job
            ? new WrittenAnswer(json => Write(json, job.History ?? "", limit, offset))
            : JobLookup.NotFound(jobId);
    }

    static void Write(Utf8JsonWriter json, string history, int limit, int offset)
    {
        var (at, truncated) = (0, false);
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var line in history.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty)
            {
                continue;
            }
            var step = JsonSerializer.Deserialize<JsonElement>(line);
            if (!step.TryGetProperty("event"u8, out _))
            {
                truncated = true; // the mark that older lines were dropped
                continue;
            }
            if (at >= offset && at < offset + (long)limit)
            {
                Write(json, step);
            }
            at++;
        }
        json.WriteEndArray();
        json.WriteNumber("total"u8, at);
        json.WriteBoolean("truncated"u8, truncated);
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
