using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;

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
        var answer = await api.Call<Page<Job>>(http, JobApiOperations.ListJobs, query: query);
        return answer.Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var job in page.Items)
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
        var answer = await api.Call<Job>(http, JobApiOperations.CreateJob, body);
        return answer.Translate((json, job) => Success(json, job, status: false), fields: created);
    }

    static async Task<IResult> Get(string jobId, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call<Job>(http, JobApiOperations.GetJob, route: ("jobId", jobId));
        return answer.Translate((json, job) =>
        {
            json.WriteStartObject();
            Write(json, job);
            json.WriteRaw("args", job.Args.ToString());
            json.WriteRaw("kwargs", job.Kwargs.ToString());
            json.WriteTime("scheduled_at", job.ScheduledAt);
            json.WriteNumber("retry_delay_seconds"u8, job.RetryDelay);
            json.WriteNumber("timeout_seconds"u8, job.Timeout);
            json.WriteString("version"u8, job.Version);
            json.WriteString("worker_id"u8, job.WorkerId);
            json.WriteEndObject();
        });
    }

    static async Task<IResult> Cancel(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Job>(http, JobApiOperations.CancelJob, route: ("jobId", jobId))).Translate((json, job) => Success(json, job, status: true));

    static async Task<IResult> Retry(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Job>(http, JobApiOperations.RetryJob, route: ("jobId", jobId))).Translate((json, job) => Success(json, job, status: true));

    static void Success(Utf8JsonWriter json, Job job, bool status)
    {
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteString("job_id"u8, job.Id);
        if (status)
        {
            json.WriteString("status"u8, job.Status);
        }
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, Job job)
    {
        json.WriteString("id"u8, job.Id);
        json.WriteString("queue_name"u8, job.QueueName);
        json.WriteString("status"u8, job.Status.ToUpperInvariant());
        json.WriteString("task_name"u8, job.TaskName);
        json.WriteString("priority"u8, job.Priority.ToUpperInvariant());
        json.WriteTime("created_at", job.CreatedAt);
        json.WriteTime("updated_at", job.UpdatedAt);
        json.WriteTime("started_at", job.StartedAt);
        json.WriteTime("completed_at", job.CompletedAt);
        json.WriteNumber("retries"u8, job.RetryCount);
        json.WriteNumber("max_retries"u8, job.MaxRetries);
        json.WriteBoolean("is_scheduled"u8, job.ScheduledAt is not null);
        json.WriteRaw("result", job.Result.ToString());
        json.WriteString("error"u8, job.Error?.Message);
        json.WriteRaw("metadata", job.Metadata.ToString());
        json.WriteTexts("tags", job.Tags);
    }
}
