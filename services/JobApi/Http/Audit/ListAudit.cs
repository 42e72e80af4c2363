using JobSystem.Api;
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

    public static async Task<Results<RecordAnswer<Page<AuditRecord>>, ProblemHttpResult>> Handle(
        HttpRequest http, AuditQueries audit, CancellationToken cancellationToken)
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
        return new RecordAnswer<Page<AuditRecord>>(ToRecord(items, total, limit, offset), ApiJson.Default.PageAuditRecord);
    }

    static string? Some(QueryReader query, string name) => query.Text(name, $"a string of 1 to {LongestText} characters", x => x.Length <= LongestText);

    static Page<AuditRecord> ToRecord(List<AuditRow> items, long total, int limit, int offset) => new()
    {
        Items = [.. items.Select(ToRecord)],
        Total = total,
        Number = (offset / limit) + 1,
        PageSize = limit,
        Pages = (total + limit - 1) / limit,
        NextCursor = items.Count == limit && items is [.., var last] ? PageCursor.Write(last.At, last.Id) : null,
    };

    static AuditRecord ToRecord(AuditRow row) => new()
    {
        Id = row.Id,
        At = row.At,
        Actor = row.Actor,
        Credential = row.Credential,
        Surface = row.Surface,
        Action = row.Action,
        ObjectType = row.ObjectType,
        ObjectId = row.ObjectId,
        Address = row.Address,
        Outcome = row.Outcome,
        Status = row.Status,
        Code = row.Code,
        Details = row.Details is { } details ? new RawJson(details) : null,
        TraceId = row.TraceId,
        PreviousHash = row.PreviousHash,
        Hash = row.Hash,
    };
}
