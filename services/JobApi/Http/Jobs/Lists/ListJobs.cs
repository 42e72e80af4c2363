using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>GET /jobs: filters and pages.</summary>
static class ListJobs
{
    static readonly string[] parameters = [.. JobFilterReader.Names, .. ListPage.Parameters];

    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(
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
        var found = await queries.List(request, cancellationToken);
        return new WrittenAnswer(json => page.Write(json, found.Items, found.Total, JobView.Write, job => new(job.CreatedAt, job.CorrelationId)));
    }
}
