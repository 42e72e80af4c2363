using System.Globalization;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Surfaces.User;

/// <summary>The user surface: <c>/api/jobs</c>, everybody's own jobs.</summary>
static class UserJobs
{
    const string Failed = "Failed to create job";
    const int MostPages = 1_000_000;

    static readonly DialectFields created = new(
        new("job_type", "task_name"), new("title", "title"), new("description", "description"), new("parameters", "kwargs"),
        new("priority", "priority", WritePriority), new("scheduled_for", "scheduled_at"));

    public static void MapUserJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/api/jobs").WithTags("User: jobs").Audited(AuditSurface.User).RequireCaller();
        jobs.MapGet("/", List).WithName("UserListJobs").WithSummary("List one's own jobs");
        jobs.MapPost("/", Create).WithName("UserCreateJob").Translates(JobApiOperations.CreateJob).Tallied().WithSummary("Create a job");
        jobs.MapGet("/{jobId}", Get).WithName("UserGetJob").WithSummary("Get a job");
        jobs.MapPost("/{jobId}/cancel", Cancel).WithName("UserCancelJob").Translates(JobApiOperations.CancelJob).WithSummary("Cancel a job");
        jobs.MapPost("/{jobId}/retry", Retry).WithName("UserRetryJob").Translates(JobApiOperations.RetryJob).WithSummary("Run a job again");
    }

    static Task<IResult> List(HttpContext http, CanonicalApi api) => Page(http, api, ["page", "per_page", "status"], 20, ("owner", Caller.NameOf(http)));

    /// <summary>A page of jobs; <c>job_type</c> is the task.</summary>
    internal static async Task<IResult> Page(
        HttpContext http, CanonicalApi api, string[] parameters, int perPage, params (string Name, string Value)[] fixedFilters)
    {
        var errors = new FieldErrors();
        var given = new QueryReader(http.Request.Query, errors, parameters);
        var page = given.Whole("page", 1, MostPages) ?? 1;
        perPage = given.Whole("per_page", 1, QueryReader.MostItems) ?? perPage;
        var (status, type) = (given.Word("status", JobStatus.All), given.Text("job_type", Names.ExpectedTask, Names.IsTask));
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list jobs");
        }
        var query = QueryString.Create(
        [
            new("limit", perPage.ToString(CultureInfo.InvariantCulture)), new("offset", ((page - 1) * (long)perPage).ToString(CultureInfo.InvariantCulture)),
            new("status", status), new("task_name", type), .. fixedFilters.Select(x => KeyValuePair.Create<string, string?>(x.Name, x.Value)),
        ]);
        return (await api.Call<Page<Job>>(http, JobApiOperations.ListJobs, query: query)).Translate((json, answer) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("jobs"u8);
            foreach (var job in answer.Items)
            {
                Write(json, job);
            }
            json.WriteEndArray();
            json.WriteNumber("total"u8, answer.Total);
            json.WriteNumber("page"u8, page);
            json.WriteNumber("per_page"u8, perPage);
            json.WriteNumber("pages"u8, answer.Pages);
            json.WriteEndObject();
        });
    }

    static async Task<IResult> Create(HttpContext http, CanonicalApi api, IOptions<JobLimits> limits)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, http.RequestAborted);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var rewritten = created.Rewrite(body.Root, errors);
            if (body.Root.ValueKind == JsonValueKind.Object && string.IsNullOrEmpty(body.Root.Text("title")))
            {
                errors.Expected("title", "a string", body.Root.TryGetProperty("title"u8, out var got) ? got : default);
            }
            return errors.Any
                ? errors.ToProblem(Failed)
                : (await api.Call<Job>(http, JobApiOperations.CreateJob, rewritten)).Translate(Write, fields: created);
        }
    }

    static async Task<IResult> Get(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Job>(http, JobApiOperations.GetJob, route: ("jobId", jobId))).Translate(Write);

    static async Task<IResult> Cancel(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Job>(http, JobApiOperations.CancelJob, route: ("jobId", jobId))).Translate((json, job) =>
            Done(json, job, job.Status == JobStatus.Cancelled ? "Job cancelled" : "Job cancellation requested"));

    static async Task<IResult> Retry(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Job>(http, JobApiOperations.RetryJob, route: ("jobId", jobId))).Translate((json, job) => Done(json, job, "Job queued for retry"));

    internal static void Done(Utf8JsonWriter json, Job job, string message)
    {
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteString("job_id"u8, job.Id);
        json.WriteString("status"u8, job.Status);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
    }

    /// <summary>A number: 100 and more is critical, 10 and more high, 0 and more normal, less is low.</summary>
    static void WritePriority(JsonElement theirs, Utf8JsonWriter ours, FieldErrors errors)
    {
        if (theirs.ValueKind != JsonValueKind.Number || !theirs.TryGetInt32(out var number))
        {
            errors.Expected("priority", "a whole number", theirs);
            number = 0;
        }
        ours.WriteStringValue(number >= 100 ? Priority.Critical : number >= 10 ? Priority.High : number >= 0 ? Priority.Normal : Priority.Low);
    }

    static void Write(Utf8JsonWriter json, Job job)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, job.Id);
        json.WriteString("job_type"u8, job.TaskName);
        json.WriteString("title"u8, job.Title ?? job.TaskName);
        json.WriteString("description"u8, job.Description);
        json.WriteString("owner"u8, job.Owner);
        json.WriteString("status"u8, job.Status);
        json.WriteNumber("progress_percentage"u8, (int)job.Progress);
        json.WriteString("progress_message"u8, job.ProgressMessage);
        json.WriteRaw("result", ObjectOf(job.Result.ToString()));
        json.WriteString("error_message"u8, job.Error?.Message);
        json.WriteTime("created_at", job.CreatedAt);
        json.WriteTime("started_at", job.StartedAt);
        json.WriteTime("completed_at", job.CompletedAt);
        json.WriteEndObject();
    }

    /// <summary>An object or null; a result of another type becomes the member <c>value</c>.</summary>
    static string ObjectOf(string result) => result.AsSpan().TrimStart() is ['{', ..] or "null" ? result : $"{{\"value\":{result}}}";
}
