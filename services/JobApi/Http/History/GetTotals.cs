using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Rollups;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.History;

/// <summary>GET /history/totals</summary>
static class GetTotals
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpRequest http, HistoryQueries history, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to get the totals");
        }
        var totals = await history.Totals(cancellationToken);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            var busiest = totals.OrderByDescending(x => x.Submitted)
                .ThenBy(x => x.QueueName, StringComparer.Ordinal).ThenBy(x => x.TaskName, StringComparer.Ordinal).ThenByDescending(x => x.Priority);
            foreach (var total in busiest.Skip(offset).Take(limit))
            {
                Write(json, total);
            }
            json.WriteEndArray();
            json.WriteNumber("total"u8, totals.Count);
            json.WriteEndObject();
        });
    }

    static void Write(Utf8JsonWriter json, JobTotal total)
    {
        json.WriteStartObject();
        json.WriteString("queue_name"u8, total.QueueName);
        json.WriteString("task_name"u8, total.TaskName);
        json.WriteString("priority"u8, Priority.FromLevel((byte)total.Priority));
        json.WriteNumber("submitted"u8, total.Submitted);
        json.WriteNumber("started"u8, total.Started);
        json.WriteNumber("completed"u8, total.Completed);
        json.WriteNumber("failed"u8, total.Failed);
        json.WriteNumber("timeout"u8, total.TimedOut);
        json.WriteNumber("retried"u8, total.Retried);
        json.WriteNumber("cancelled"u8, total.Cancelled);
        json.WriteNumber("expired"u8, total.Expired);
        json.WriteNumber("rescued"u8, total.Rescued);
        json.WriteEndObject();
    }
}
