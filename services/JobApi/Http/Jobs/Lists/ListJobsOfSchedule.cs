using JobSystem.Api;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Primitives;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>GET /schedules/{id}/jobs: the same as GET /jobs?schedule_id=…, with its other filters and pages. Jobs outlive their schedule.</summary>
static class ListJobsOfSchedule
{
    public static Task<Results<RecordAnswer<Page<Job>>, ProblemHttpResult>> Handle(
        string scheduleId, HttpRequest http, CallerScope viewer, JobQueries queries, CancellationToken cancellationToken)
    {
        var query = http.Query.ToDictionary(x => x.Key, x => x.Value, StringComparer.OrdinalIgnoreCase);
        query["schedule_id"] = new StringValues(scheduleId);
        http.Query = new QueryCollection(query);
        return ListJobs.Handle(http, viewer, queries, cancellationToken);
    }
}
