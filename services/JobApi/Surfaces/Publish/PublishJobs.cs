using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Surfaces.Publish;

/// <summary>The publish surface: <c>/api/jobs/publish</c>, <c>/api/jobs/job</c>, <c>/api/jobs/list</c>. Answers are <c>{"status": true, …}</c>.</summary>
static class PublishJobs
{
    const double DefaultLife = 900;
    const string Failed = "Failed to publish job";
    static readonly string[] actions = ["cancel_request", "retry_request", "get_status", "publish_job"];

    /// <summary>The states that each status word of this surface stands for.</summary>
    static readonly Dictionary<string, string[]> statuses = new()
    {
        ["pending"] = [JobStatus.Pending, JobStatus.Retrying],
        ["running"] = [JobStatus.Running, JobStatus.Reserved],
        ["completed"] = [JobStatus.Completed],
        ["failed"] = [JobStatus.Failed, JobStatus.Timeout],
        ["canceled"] = [JobStatus.Cancelled],
        ["expired"] = [JobStatus.Expired],
    };

    static readonly DialectFields listed = new(new("channel", "queue_name"), new("status", "status"), new("since", "created_after"), new("limit", "limit"));

    static readonly DialectFields published = new(
        new("func", "task_name"), new("payload", "kwargs"), new("channel", "queue_name"), new("delay", "delay"), new("run_at", "run_at"),
        new("max_retries", "max_retries"), new("expires_in", "expires_in"), new("expires_at", "expires_at"), new("broadcast", "broadcast"),
        new("max_exec_seconds", "timeout"), new("idempotency_key", "idempotency_key"));

    public static void MapPublishJobs(this IEndpointRouteBuilder app)
    {
        var jobs = app.MapGroup("/api/jobs").WithTags("Publish: jobs").Audited(AuditSurface.Publish).RequireCaller();
        jobs.MapPost("/publish", Publish).WithName("PublishJob").Translates(JobApiOperations.CreateJob).Tallied().WithSummary("Publish a job");
        jobs.MapGet("/list", List).WithName("PublishListJobs").WithSummary("List jobs");
        jobs.MapGet("/job", List).WithName("PublishListJobModels").WithSummary("The same as list");
        jobs.MapGet("/job/{jobId}", Get).WithName("PublishGetJob").WithSummary("Get a job");
        jobs.MapPost("/job/{jobId}", Act).WithName("PublishActOnJob").WithSummary("Cancel, retry, look at or copy a job");
        jobs.MapDelete("/job/{jobId}", Delete)
            .WithName("PublishDeleteJob").Translates(JobApiOperations.DeleteJob).WithSummary("Delete a job that has ended");
        jobs.MapGet("/job/{jobId}/events", Events).WithName("PublishGetJobEvents").WithSummary("List every step of a job");
        jobs.MapGet("/stats", Stats).WithName("PublishGetStats").WithSummary("How many jobs there are").RequirePermission(Permission.ViewJobs);
    }

    static async Task<IResult> Publish(HttpContext http, CanonicalApi api, IOptions<JobLimits> limits, TimeProvider time)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, http.RequestAborted);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var rewritten = published.Rewrite(body.Root, errors, json => WriteLife(json, body.Root));
            if (rewritten is not null && !Has(body.Root, "payload"))
            {
                errors.Expected("payload", "an object", "nothing");
            }
            if (errors.Any)
            {
                return errors.ToProblem(Failed);
            }
            return (await api.Call<Job>(http, JobApiOperations.CreateJob, rewritten)).Translate(
                (json, job) => Done(json, "Job published successfully", x => x.WriteString("job_id"u8, job.Id)), fields: published);
        }
    }

    /// <summary>Here a job that does not say how long it may wait expires by itself, counted from the moment at which it may start.</summary>
    static void WriteLife(Utf8JsonWriter json, JsonElement body)
    {
        if (Has(body, "expires_in") || Has(body, "expires_at"))
        {
            return;
        }
        if (body.Text("run_at") is { } text && Rfc3339.TryParse(text, out var start))
        {
            if (start > DateTimeOffset.MaxValue.AddSeconds(-DefaultLife))
            {
                return; // too far ahead, as will be said
            }
            json.WriteString("expires_at"u8, Rfc3339.Format(start.AddSeconds(DefaultLife)));
            return;
        }
        var delay = body.TryGetProperty("delay"u8, out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetDouble(out var seconds) && seconds is > 0 and < 1e9 ? seconds : 0;
        json.WriteNumber("expires_in"u8, DefaultLife + delay);
    }

    static bool Has(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    static async Task<IResult> List(HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var query = listed.Rewrite(http.Request.Query, errors, (name, value) => name == "status" ? Statuses(value, errors) : value);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list jobs");
        }
        return (await api.Call<Page<Job>>(http, JobApiOperations.ListJobs, query: query)).Translate((json, page) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("status"u8, true);
            json.WriteNumber("count"u8, page.Total);
            json.WriteStartArray("data"u8);
            foreach (var job in page.Items)
            {
                json.WriteStartObject();
                Write(json, job);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }, fields: listed);
    }

    static string Statuses(string given, FieldErrors errors)
    {
        if (statuses.TryGetValue(given, out var ours))
        {
            return string.Join(',', ours);
        }
        errors.Expected("status", $"one of {string.Join(", ", statuses.Keys)}", FieldErrors.Quote(given));
        return "";
    }

    static async Task<IResult> Get(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Job>(http, JobApiOperations.GetJob, route: ("jobId", jobId))).Translate((json, job) => Data(json, x => Write(x, job)));

    static async Task<IResult> Delete(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.DeleteJob, ("jobId", jobId))).Translate(
            json => Done(json, "Job deleted", x => x.WriteString("job_id"u8, jobId)), StatusCodes.Status200OK);

    static async Task<IResult> Events(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call<JobStepPage>(http, JobApiOperations.GetJobEvents, route: ("jobId", jobId))).Translate((json, page) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("status"u8, true);
            json.WriteNumber("count"u8, page.Total);
            json.WriteStartArray("data"u8);
            foreach (var step in page.Items)
            {
                WriteEvent(json, step);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });

    static async Task<IResult> Stats(HttpContext http, CanonicalApi api) =>
        (await api.Call<JobStats>(http, JobApiOperations.GetJobStats)).Translate((json, stats) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("status"u8, true);
            json.WritePropertyName("data"u8);
            JsonSerializer.Serialize(json, stats, ApiJson.Default.JobStats);
            json.WriteEndObject();
        });

    static async Task<IResult> Act(string jobId, HttpContext http, CanonicalApi api, IOptions<JobLimits> limits)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, "Failed to act on job", http.RequestAborted);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var wanted = new List<(string Action, JsonElement Value)>();
            ObjectReader.Read(body.Root, errors, actions, (name, value) => wanted.Add((name, value)));
            if (!errors.Any && wanted.Count != 1)
            {
                errors.Expected("body", $"one of {string.Join(", ", actions)}", wanted.Count == 0 ? "nothing" : $"{wanted.Count} of them");
            }
            return errors.Any ? errors.ToProblem("Failed to act on job") : await Perform(jobId, wanted[0].Action, wanted[0].Value, http, api);
        }
    }

    static Task<IResult> Perform(string jobId, string action, JsonElement value, HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        if (action is "cancel_request" or "get_status" && value.ValueKind != JsonValueKind.True)
        {
            errors.Expected(action, "true", value);
            return Task.FromResult<IResult>(errors.ToProblem("Failed to act on job"));
        }
        return action switch
        {
            "cancel_request" => Cancel(jobId, http, api),
            "get_status" => Status(jobId, http, api),
            "retry_request" => Retry(jobId, value, http, api),
            _ => Copy(jobId, value, http, api),
        };
    }

    static async Task<IResult> Cancel(string jobId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.CancelJob, ("jobId", jobId))).Translate(
            json => Done(json, $"Job {jobId} cancellation requested", x => x.WriteString("job_id"u8, jobId)));

    /// <summary>A retry creates a new job on this surface.</summary>
    static async Task<IResult> Retry(string jobId, JsonElement value, HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var (wanted, delay) = (value.ValueKind == JsonValueKind.True, 0d);
        if (value.ValueKind == JsonValueKind.Object)
        {
            ObjectReader.Read(value, errors, ["retry", "delay"], (name, member) =>
            {
                var reader = new FieldReader($"retry_request.{name}", member, errors);
                (wanted, delay) = name == "retry" ? (reader.Flag() ?? false, delay) : (wanted, reader.Seconds(1e8, zero: true) ?? 0);
            }, "retry_request.");
        }
        if (!errors.Any && !wanted)
        {
            errors.Expected("retry_request", "true, or an object with retry: true and delay", value);
        }
        if (errors.Any)
        {
            return errors.ToProblem("Failed to retry job");
        }
        var original = await api.Call<Job>(http, JobApiOperations.GetJob, route: ("jobId", jobId));
        if (!original.Succeeded)
        {
            return Dialect.Refuse(original);
        }
        if (!IsRetriable(original.Record!))
        {
            var word = Word(original.Record!);
            return Problems.Conflict(
                $"Failed to retry job: Job {jobId} is {word}; only a job that failed, was canceled or expired can be retried.", "job_not_final");
        }
        var body = JsonSerializer.SerializeToUtf8Bytes(new { delay });
        var copy = await api.Call<Job>(http, JobApiOperations.CloneJob, body, route: ("jobId", jobId));
        return copy.Translate((json, job) => Done(json, "Job retry scheduled", x =>
        {
            x.WriteString("original_job_id"u8, jobId);
            x.WriteString("new_job_id"u8, job.Id);
            x.WriteBoolean("delayed"u8, delay > 0);
        }));
    }

    static async Task<IResult> Copy(string jobId, JsonElement value, HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var body = published.Rewrite(value, errors, prefix: "publish_job.");
        if (body is null)
        {
            return errors.ToProblem(Failed);
        }
        var copy = await api.Call<Job>(http, JobApiOperations.CloneJob, body, route: ("jobId", jobId));
        return copy.Translate((json, job) => Done(json, "Job published successfully", x =>
        {
            x.WriteString("job_id"u8, job.Id);
            x.WriteString("template_job_id"u8, jobId);
        }), fields: published);
    }

    static async Task<IResult> Status(string jobId, HttpContext http, CanonicalApi api)
    {
        AuditNote.ForRequest(http).ChangesNothing = true;
        var job = await api.Call<Job>(http, JobApiOperations.GetJob, route: ("jobId", jobId));
        if (!job.Succeeded)
        {
            return Dialect.Refuse(job);
        }
        var events = await api.Call<JobStepPage>(http, JobApiOperations.GetJobEvents, route: ("jobId", jobId));
        var isPending = Word(job.Record!) == "pending";
        var why = isPending ? await api.Call<Explanation>(http, JobApiOperations.ExplainJob, route: ("jobId", jobId)) : null;
        return job.Translate((json, view) => Data(json, x =>
        {
            Write(x, view);
            x.WriteStartArray("recent_events"u8);
            foreach (var step in (events.Record?.Items ?? []).TakeLast(10))
            {
                WriteEvent(x, step);
            }
            x.WriteEndArray();
            x.WriteNumber("queue_position", why?.Record?.Position);
        }));
    }

    static void Data(Utf8JsonWriter json, Action<Utf8JsonWriter> write)
    {
        json.WriteStartObject();
        json.WriteBoolean("status"u8, true);
        json.WriteStartObject("data"u8);
        write(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void Done(Utf8JsonWriter json, string message, Action<Utf8JsonWriter> write)
    {
        json.WriteStartObject();
        json.WriteBoolean("status"u8, true);
        json.WriteString("message"u8, message);
        write(json);
        json.WriteEndObject();
    }

    static string Word(Job job) => statuses.First(x => x.Value.Contains(job.Status)).Key;

    static bool IsRetriable(Job job) => Word(job) is "failed" or "canceled" or "expired";

    static void Write(Utf8JsonWriter json, Job job)
    {
        var word = Word(job);
        json.WriteString("id"u8, job.Id);
        json.WriteString("status"u8, word);
        json.WriteString("channel"u8, job.QueueName);
        json.WriteString("func"u8, job.TaskName);
        json.WriteRaw("payload", job.Kwargs.ToString());
        json.WriteTime("created", job.CreatedAt);
        json.WriteTime("run_at", job.ScheduledAt);
        json.WriteTime("started_at", job.StartedAt);
        json.WriteTime("finished_at", job.CompletedAt);
        json.WriteTime("expires_at", job.ExpiresAt);
        json.WriteNumber("attempt"u8, job.Attempt);
        json.WriteNumber("max_retries"u8, job.MaxRetries);
        json.WriteString("last_error"u8, job.Error?.Message ?? "");
        json.WriteRaw("metadata", job.Metadata.ToString());
        json.WriteString("runner_id"u8, job.WorkerId);
        json.WriteBoolean("cancel_requested"u8, job.CancelRequestedAt is not null);
        json.WriteNumber("duration_ms"u8, (long)((job.Duration ?? 0) * 1000));
        json.WriteBoolean("is_terminal"u8, word is not ("pending" or "running"));
        // As in its example: a job that may still fail and be retried counts too
        json.WriteBoolean("is_retriable"u8, word != "completed" && (IsRetriable(job) || job.RetryCount < job.MaxRetries));
        json.WriteBoolean("broadcast"u8, job.Broadcast);
    }

    static void WriteEvent(Utf8JsonWriter json, JobStep step)
    {
        json.WriteStartObject();
        json.WriteString("event"u8, step.Event);
        json.WriteTime("at", step.At);
        json.WriteString("runner_id"u8, step.WorkerId);
        json.WriteRaw("details", step.Details?.ToString() ?? "{}");
        json.WriteEndObject();
    }
}
