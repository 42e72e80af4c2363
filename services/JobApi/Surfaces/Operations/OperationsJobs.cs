using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;
using JobSystem.JobApi.Http;

namespace JobSystem.JobApi.Surfaces.Operations;

/// <summary>The operations surface: <c>/jobs</c>. Words in capitals, bare arrays, and <c>{"success": true, …}</c> for changes.</summary>
static class OperationsJobs
{
    static readonly DialectFields listed = new(new("status", "status"), new("queue_name", "queue_name"), new("limit", "limit"), new("offset", "offset"));

    static readonly DialectFields created = new(
        new("task_name", "task_name"), new("args", "args"), new("kwargs", "kwargs"), new("queue_name", "queue_name"), new("priority", "priority", Dialect.Lower),
        new("scheduled_at", "scheduled_at"), new("max_retries", "max_retries"), new("retry_delay_seconds", "retry_delay"), new("timeout_seconds", "timeout"),
        new("metadata", "metadata"), new("tags", "tags"), new("version", "version"));

    public static void MapOperationsJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/jobs").WithTags("Operations: jobs").Audited(AuditSurface.Operations).RequireCaller();
        jobs.MapGet("/", List).WithName("OperationsListJobs").WithSummary("List jobs");
        jobs.MapPost("/", Create).WithName("OperationsCreateJob").Translates(JobApiOperations.CreateJob).Tallied().WithSummary("Create a job");
        jobs.MapGet("/{jobId}", Get).WithName("OperationsGetJob").WithSummary("Get a job");
        jobs.MapPost("/{jobId}/cancel", Cancel).WithName("OperationsCancelJob").Translates(JobApiOperations.CancelJob).WithSummary("Cancel a job");
        jobs.MapPost("/{jobId}/retry", Retry).WithName("OperationsRetryJob").Translates(JobApiOperations.RetryJob).WithSummary("Run a job again");
    }

    static async Task<IResult> List(HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var query = listed.Rewrite(http.Request.Query, errors, (name, value) => name == "status" ? value.ToLowerInvariant() : value);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list jobs");
        }
        var answer = await api.Call(http, JobApiOperations.ListJobs, query: query);
        return answer.Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var job in page.GetProperty("items"u8).EnumerateArray())
            {
                json.WriteStartObject();
                Write(json, job);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }, fields: listed);
    }

    static async Task<IResult> Create(HttpContext http, CanonicalApi api, IOptions<JobLimits> limits)
    {
        var (body, problem) = await created.ReadBody(http.Request, limits.Value.BodyBytes, "Failed to create job");
        if (body is null)
        {
            return problem!;
        }
        var answer = await api.Call(http, JobApiOperations.CreateJob, body);
        return answer.Translate((json, job) => Success(json, job, status: false), fields: created);
    }

    static async Task<IResult> Get(string jobId, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call(http, JobApiOperations.GetJob, route: ("jobId", jobId));
        return answer.Translate((json, job) =>
        {
            json.WriteStartObject();
            Write(json, job);
            json.Copy("args", job, "args");
            json.Copy("kwargs", job, "kwargs");
            json.Copy("scheduled_at", job, "scheduled_at");
            json.Copy("retry_delay_seconds", job, "retry_delay");
            json.Copy("timeout_seconds", job, "timeout");
            json.Copy("version", job, "version");
            json.Copy("worker_id", job, "worker_id");
            json.WriteEndObject();
        });
    }

    static async Task<IResult> Cancel(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.CancelJob, route: ("jobId", jobId))).Translate((json, job) => Success(json, job, status: true));

    static async Task<IResult> Retry(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.RetryJob, route: ("jobId", jobId))).Translate((json, job) => Success(json, job, status: true));

    static void Success(Utf8JsonWriter json, JsonElement job, bool status)
    {
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.Copy("job_id", job, "id");
        if (status)
        {
            json.Copy("status", job, "status");
        }
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, JsonElement job)
    {
        json.Copy("id", job, "id");
        json.Copy("queue_name", job, "queue_name");
        json.WriteUpper("status", job, "status");
        json.Copy("task_name", job, "task_name");
        json.WriteUpper("priority", job, "priority");
        json.Copy("created_at", job, "created_at");
        json.Copy("updated_at", job, "updated_at");
        json.Copy("started_at", job, "started_at");
        json.Copy("completed_at", job, "completed_at");
        json.Copy("retries", job, "retry_count");
        json.Copy("max_retries", job, "max_retries");
        json.WriteBoolean("is_scheduled"u8, job.Text("scheduled_at") is not null);
        json.Copy("result", job, "result");
        json.WriteString("error"u8, job.GetProperty("error"u8).Text("message"));
        json.Copy("metadata", job, "metadata");
        json.Copy("tags", job, "tags");
    }
}
