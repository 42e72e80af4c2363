using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Surfaces.User;

/// <summary>The user surface: <c>/api/jobs/admin</c>, everybody's jobs.</summary>
static class UserAdmin
{
    const int DaysOld = 30;
    const int LongestLife = 36_500;

    public static void MapUserAdmin(this IEndpointRouteBuilder app)
    {
        var admin = app.MapGroup("/api/jobs/admin").WithTags("User: administration").Audited(AuditSurface.User).RequirePermission(Permission.ViewJobs);
        admin.MapGet("/all", All).WithName("UserListAllJobs").WithSummary("List everybody's jobs");
        admin.MapGet("/statistics", Statistics).WithName("UserGetStatistics").WithSummary("Counts, rates and times of all jobs");
        admin.MapGet("/queue-status", QueueStatus).WithName("UserGetQueueStatus").WithSummary("Queues, what waits in them, and workers");
        admin.MapPost("/{jobId}/force-complete", ForceComplete).WithName("UserForceCompleteJob").Translates(JobApiOperations.ForceCompleteJob).WithSummary("Complete a job by hand");
        admin.MapDelete("/cleanup", Cleanup).WithName("UserCleanUpJobs").Translates(JobApiOperations.CleanUpJobs).WithSummary("Delete old jobs; failed ones are kept");
    }

    static Task<IResult> All(HttpContext http, CanonicalApi api) => UserJobs.Page(http, api, ["page", "per_page", "status", "job_type"], 50);

    static async Task<IResult> Statistics(HttpContext http, CanonicalApi api) =>
        (await api.Call<JobStats>(http, JobApiOperations.GetJobStats)).Translate((json, stats) =>
        {
            var ended = stats.CompletedJobs + stats.FailedJobs;
            json.WriteStartObject();
            json.WriteNumber("total_jobs"u8, stats.TotalJobs);
            json.WritePropertyName("by_status"u8);
            JsonSerializer.Serialize(json, stats.ByStatus, ApiJson.Default.CountsByStatus);
            json.WriteNumber("success_rate"u8, Rate(stats.CompletedJobs, ended));
            json.WriteNumber("failure_rate"u8, Rate(stats.FailedJobs, ended));
            json.WriteNumber("average_processing_time"u8, stats.AvgRunTime);
            json.WriteNumber("average_wait_time"u8, stats.AvgWaitTime);
            json.WritePropertyName("queue_status"u8);
            JsonSerializer.Serialize(json, stats.ByQueue, ApiJson.Default.IReadOnlyDictionaryStringJobCounts);
            json.WriteEndObject();
        });

    static double Rate(double part, double whole) => whole == 0 ? 0 : Math.Round(100 * part / whole, 2);

    static async Task<IResult> QueueStatus(HttpContext http, CanonicalApi api)
    {
        var stats = await api.Call<JobStats>(http, JobApiOperations.GetJobStats);
        var workers = await api.Call<Listing<WorkerProcess>>(http, JobApiOperations.ListWorkers, query: new QueryString("?limit=1000"));
        var queues = await api.Call<Listing<Queue>>(http, JobApiOperations.ListQueues, query: new QueryString("?limit=1000"));
        return !stats.Succeeded ? Dialect.Refuse(stats) : !workers.Succeeded ? Dialect.Refuse(workers) : queues.Translate((json, page) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("healthy"u8, workers.Record!.Items.Any(x => x.IsHealthy));
            json.WritePropertyName("queues"u8);
            JsonSerializer.Serialize(json, page.Items, ApiJson.Default.IReadOnlyListQueue);
            WritePending(json, stats.Record!.ByTask);
            json.WritePropertyName("workers"u8);
            JsonSerializer.Serialize(json, workers.Record.Items, ApiJson.Default.IReadOnlyListWorkerProcess);
            json.WriteEndObject();
        });
    }

    static void WritePending(Utf8JsonWriter json, IReadOnlyDictionary<string, JobCounts> tasks)
    {
        json.WriteStartObject("pending_by_type"u8);
        foreach (var (task, counts) in tasks.Where(x => x.Value.PendingJobs > 0))
        {
            json.WriteNumber(task, counts.PendingJobs);
        }
        json.WriteEndObject();
    }

    /// <summary>The body, if there is one, is the result itself.</summary>
    static async Task<IResult> ForceComplete(string jobId, HttpContext http, CanonicalApi api, IOptions<JobLimits> limits)
    {
        const string Failed = "Failed to complete job";
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, http.RequestAborted, optional: true);
        if (problem is not null)
        {
            return problem;
        }
        using (body)
        {
            if (body is { Root.ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) })
            {
                var errors = new FieldErrors();
                errors.Expected("body", "the result as a JSON object, or nothing", body.Root);
                return errors.ToProblem(Failed);
            }
            var result = body is { Root.ValueKind: JsonValueKind.Object } ? $"{{\"result\":{body.Root.GetRawText()}}}" : "{}";
            return (await api.Call<Job>(http, JobApiOperations.ForceCompleteJob, System.Text.Encoding.UTF8.GetBytes(result), route: ("jobId", jobId)))
                .Translate((json, job) => UserJobs.Done(json, job, "Job completed by hand"));
        }
    }

    static async Task<IResult> Cleanup(HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var days = new QueryReader(http.Request.Query, errors, ["days_old"]).Whole("days_old", 0, LongestLife) ?? DaysOld;
        var body = JsonSerializer.SerializeToUtf8Bytes(new { days_old = days });
        if (errors.Any)
        {
            return errors.ToProblem("Failed to clean up");
        }
        return (await api.Call<CleanUpAnswer>(http, JobApiOperations.CleanUpJobs, body)).Translate((json, answer) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("success"u8, true);
            json.WriteNumber("deleted_jobs"u8, answer.Deleted);
            json.WriteNumber("days_old"u8, days);
            json.WriteEndObject();
        });
    }
}
