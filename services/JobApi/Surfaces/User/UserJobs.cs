using System.Globalization;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;
using JobSystem.JobApi.Http;

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

    static Task<IResult> List(HttpContext http, CanonicalApi api) => Page(http, api, ["page", "per_page", "status"], 20, ("owner", Caller.Of(http)));

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
        return (await api.Call(http, JobApiOperations.ListJobs, query: query)).Translate((json, answer) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("jobs"u8);
            foreach (var job in answer.GetProperty("items"u8).EnumerateArray())
            {
                Write(json, job);
            }
            json.WriteEndArray();
            json.Copy("total", answer, "total");
            json.WriteNumber("page"u8, page);
            json.WriteNumber("per_page"u8, perPage);
            json.Copy("pages", answer, "pages");
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
            return errors.Any ? errors.ToProblem(Failed) : (await api.Call(http, JobApiOperations.CreateJob, rewritten)).Translate(Write, fields: created);
        }
    }

    static async Task<IResult> Get(string jobId, HttpContext http, CanonicalApi api) => (await api.Call(http, JobApiOperations.GetJob, route: ("jobId", jobId))).Translate(Write);

    static async Task<IResult> Cancel(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.CancelJob, route: ("jobId", jobId))).Translate((json, job) => Done(json, job, job.Text("status") == JobStatus.Cancelled ? "Job cancelled" : "Job cancellation requested"));

    static async Task<IResult> Retry(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.RetryJob, route: ("jobId", jobId))).Translate((json, job) => Done(json, job, "Job queued for retry"));

    internal static void Done(Utf8JsonWriter json, JsonElement job, string message)
    {
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.Copy("job_id", job, "id");
        json.Copy("status", job, "status");
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

    static void Write(Utf8JsonWriter json, JsonElement job)
    {
        json.WriteStartObject();
        json.Copy("id", job, "id");
        json.Copy("job_type", job, "task_name");
        json.WriteString("title"u8, job.Text("title") ?? job.Text("task_name"));
        json.Copy("description", job, "description");
        json.Copy("owner", job, "owner");
        json.Copy("status", job, "status");
        json.WriteNumber("progress_percentage"u8, (int)job.GetProperty("progress"u8).GetDouble());
        json.Copy("progress_message", job, "progress_message");
        WriteResult(json, job.GetProperty("result"u8));
        json.WriteString("error_message"u8, job.GetProperty("error"u8).Text("message"));
        json.Copy("created_at", job, "created_at");
        json.Copy("started_at", job, "started_at");
        json.Copy("completed_at", job, "completed_at");
        json.WriteEndObject();
    }

    /// <summary>An object or null; a result of another type becomes the member <c>value</c>.</summary>
    static void WriteResult(Utf8JsonWriter json, JsonElement result)
    {
        json.WritePropertyName("result"u8);
        if (result.ValueKind is JsonValueKind.Object or JsonValueKind.Null)
        {
            json.Copy(result);
            return;
        }
        json.WriteStartObject();
        json.WritePropertyName("value"u8);
        json.Copy(result);
        json.WriteEndObject();
    }
}
