using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Time;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.History;

/// <summary>GET /failures</summary>
static class ListFailures
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpRequest http, HistoryQueries history, DatabaseClock clock, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["queue_name", "task_name", "limit"]);
        var queues = query.Texts("queue_name", Names.ExpectedQueue, Names.IsQueue);
        var tasks = query.Texts("task_name", Names.ExpectedTask, Names.IsTask);
        var limit = query.Limit(otherwise: 50);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list failures");
        }
        var (groups, total) = await history.Failures(queues, tasks, limit, clock.UtcNow, cancellationToken);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var group in groups)
            {
                Write(json, group);
            }
            json.WriteEndArray();
            json.WriteNumber("total"u8, total);
            json.WriteEndObject();
        });
    }

    static void Write(Utf8JsonWriter json, FailureGroup group)
    {
        var error = group.Latest.Error is { } stored ? JsonSerializer.Deserialize<AttemptError>(stored) : null;
        json.WriteStartObject();
        json.WriteString("fingerprint"u8, group.Fingerprint);
        json.WriteString("task_name"u8, group.Latest.TaskName);
        json.WriteString("error_type"u8, error?.Type ?? group.Latest.CurrentState);
        json.WriteString("message"u8, error?.Message);
        json.WriteStartArray("frames"u8);
        foreach (var frame in FailureFingerprint.Frames(error?.Stack))
        {
            json.WriteStringValue(frame);
        }
        json.WriteEndArray();
        json.WriteNumber("count"u8, group.Count);
        json.WriteString("first_seen"u8, group.FirstSeen.UtcDateTime);
        json.WriteString("last_seen"u8, group.LastSeen.UtcDateTime);
        json.WriteString("last_job_id"u8, group.Latest.JobId);
        json.WriteStartArray("trend"u8);
        foreach (var count in group.Trend)
        {
            json.WriteNumberValue(count);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
