using JobSystem.Api;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>GET /jobs: filters and pages.</summary>
static class ListJobs
{
    static readonly string[] parameters = [.. JobFilterReader.Names, .. ListPage.Parameters];

    public static async Task<Results<RecordAnswer<Page<Job>>, ProblemHttpResult>> Handle(
        HttpRequest http, CallerScope viewer, JobQueries queries, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, parameters);
        var filter = JobFilterReader.Read(query) with { OnlyOwner = viewer.OnlyOwner };
        var page = ListPage.Read(query, JobListRequest.Orders, errors);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list jobs");
        }
        var request = new JobListRequest(filter, page.Limit, page.Offset, page.After, page.OrderBy, page.Descending);
        return new RecordAnswer<Page<Job>>(ToRecord(page, await queries.List(request, cancellationToken)), ApiJson.Default.PageJob);
    }

    static Page<Job> ToRecord(ListPage page, JobPage found) => new()
    {
        Items = [.. found.Items.Select(JobView.ToRecord)],
        Total = found.Total,
        Number = page.Number,
        PageSize = page.Limit,
        Pages = page.CountPages(found.Total),
        NextCursor = page.NextCursor(found.Items, job => new(job.CreatedAt, job.CorrelationId)),
    };
}
