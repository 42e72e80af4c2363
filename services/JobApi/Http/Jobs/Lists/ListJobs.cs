using JobSystem.Api;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>GET /jobs: filters and pages.</summary>
static class ListJobs
{
    static readonly string[] parameters = [.. JobFilterReader.Names, "limit", "offset", "cursor", "order_by", "order_dir"];

    public static async Task<Results<RecordAnswer<Page<Job>>, ProblemHttpResult>> Handle(
        HttpRequest http, CallerScope viewer, JobQueries queries, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var request = Read(http.Query, viewer, errors);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list jobs");
        }
        var page = await queries.List(request, cancellationToken);
        return new RecordAnswer<Page<Job>>(ToRecord(page, request), ApiJson.Default.PageJob);
    }

    static JobListRequest Read(IQueryCollection given, CallerScope viewer, FieldErrors errors)
    {
        var query = new QueryReader(given, errors, parameters);
        var request = new JobListRequest(
            JobFilterReader.Read(query) with { OnlyOwner = viewer.OnlyOwner }, query.Limit(), query.Offset(), PageCursor.ReadGuid(query),
            query.Word("order_by", JobListRequest.Orders) ?? "created_at", query.Word("order_dir", ["asc", "desc"]) != "asc");
        if (request.After is not null && (request.Offset > 0 || request.OrderBy != "created_at"))
        {
            errors.Expected("cursor", "neither offset nor another order than created_at beside it", request.Offset > 0 ? "offset" : $"order_by {request.OrderBy}");
        }
        return request;
    }

    static Page<Job> ToRecord(JobPage page, JobListRequest request) => new()
    {
        Items = [.. page.Items.Select(JobView.ToRecord)],
        Total = page.Total,
        Number = (request.Offset / request.Limit) + 1,
        PageSize = request.Limit,
        Pages = (page.Total + request.Limit - 1) / request.Limit,
        NextCursor = Next(page, request),
    };

    /// <summary>Null on the last page, and for orders without an index.</summary>
    static string? Next(JobPage page, JobListRequest request) =>
        request.OrderBy == "created_at" && page.Items.Count == request.Limit && page.Items is [.., var last]
            ? PageCursor.Write(last.CreatedAt, last.CorrelationId)
            : null;
}
