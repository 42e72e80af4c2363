using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>POST /jobs/cleanup</summary>
static class CleanUpJobs
{
    const string Failed = "Failed to clean up jobs";
    const int DefaultDays = 30;
    const int MostDays = 36_500;

    public static async Task<Results<RecordAnswer<CleanUpAnswer>, ProblemHttpResult>> Handle(
        HttpRequest http, JobCleanup cleanup, IOptions<JobLimits> limits, TimeProvider time, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http, limits.Value.BodyBytes, Failed, cancellationToken, optional: true);
        if (problem is not null)
        {
            return problem;
        }
        var errors = new FieldErrors();
        var days = DefaultDays;
        IReadOnlyList<string> statuses = [];
        using (body)
        {
            if (body is not null)
            {
                (days, statuses) = Read(body.Root, errors);
            }
        }
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        var removal = cleanup.Begin(statuses.Count == 0 ? JobCleanup.DefaultStatuses : statuses, days);
        var status = await removal.Done.Status(time, cancellationToken);
        var note = AuditNote.ForRequest(http.HttpContext);
        note.Add("days_old", days);
        note.Add("statuses", new JsonArray([.. statuses]));
        note.Add("deleted", removal.Deleted);
        note.Add("finished", status == StatusCodes.Status200OK);
        var answer = new CleanUpAnswer { Deleted = removal.Deleted, Finished = status == StatusCodes.Status200OK };
        return new RecordAnswer<CleanUpAnswer>(answer, ApiJson.Default.CleanUpAnswer, status);
    }

    static (int Days, IReadOnlyList<string> Statuses) Read(JsonElement body, FieldErrors errors)
    {
        var days = DefaultDays;
        IReadOnlyList<string> statuses = [];
        ObjectReader.Read(body, errors, ["days_old", "statuses"], (name, value) =>
        {
            if (name == "statuses")
            {
                statuses = new FieldReader(name, value, errors).Words(JobStatus.Final);
            }
            else
            {
                days = new FieldReader(name, value, errors).Whole(0, MostDays) ?? DefaultDays;
            }
        });
        return (days, statuses);
    }
}
