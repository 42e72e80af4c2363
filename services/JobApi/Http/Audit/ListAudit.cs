using System.Text.Json;
using JobSystem.JobApi.Audit;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Audit;

/// <summary>GET /audit: newest first.</summary>
static class ListAudit
{
    const int LongestText = 200;
    static readonly string[] types = ["job", "queue", "worker", "schedule", "api_key"];
    static readonly string[] parameters = ["actor", "action", "object_type", "object_id", "outcome", "surface", "after", "before", "q", "limit", "offset", "cursor"];

    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpRequest http, AuditQueries audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, parameters);
        var filter = new AuditFilter(
            Some(query, "actor"), Some(query, "action"), query.Word("object_type", types), Some(query, "object_id"), query.Word("outcome", AuditOutcome.Words),
            query.Word("surface", AuditSurface.Words), query.Moment("after"), query.Moment("before"), Some(query, "q"));
        var (limit, offset, after) = (query.Limit(), query.Offset(), PageCursor.ReadNumber(query));
        if (after is not null && offset > 0)
        {
            errors.Expected("cursor", "no offset beside it", "offset");
        }
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list audit entries");
        }
        var (items, total) = await audit.List(filter, after, limit, offset, cancellationToken);
        return new WrittenAnswer(json => Write(json, items, total, limit, offset));
    }

    static string? Some(QueryReader query, string name) => query.Text(name, $"a string of 1 to {LongestText} characters", x => x.Length <= LongestText);

    static void Write(Utf8JsonWriter json, List<AuditRow> items, long total, int limit, int offset)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var row in items)
        {
            Write(json, row);
        }
        json.WriteEndArray();
        json.WriteNumber("total"u8, total);
        json.WriteNumber("page"u8, (offset / limit) + 1);
        json.WriteNumber("page_size"u8, limit);
        json.WriteNumber("pages"u8, (total + limit - 1) / limit);
        json.WriteString("next_cursor"u8, items.Count == limit && items is [.., var last] ? PageCursor.Write(last.At, last.Id) : null);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, AuditRow row)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, row.Id);
        json.WriteString("at"u8, Rfc3339.Format(row.At));
        json.WriteString("actor"u8, row.Actor);
        json.WriteString("credential"u8, row.Credential);
        json.WriteString("surface"u8, row.Surface);
        json.WriteString("action"u8, row.Action);
        json.WriteString("object_type"u8, row.ObjectType);
        json.WriteString("object_id"u8, row.ObjectId);
        json.WriteString("address"u8, row.Address);
        json.WriteString("outcome"u8, row.Outcome);
        if (row.Status is { } status)
        {
            json.WriteNumber("status"u8, status);
        }
        else
        {
            json.WriteNull("status"u8);
        }
        json.WriteString("code"u8, row.Code);
        json.WritePropertyName("details"u8);
        json.WriteRawValue(row.Details ?? "null");
        json.WriteString("trace_id"u8, row.TraceId);
        json.WriteString("previous_hash"u8, row.PreviousHash);
        json.WriteString("hash"u8, row.Hash);
        json.WriteEndObject();
    }
}
