using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;
using JobSystem.JobApi.Http;

namespace JobSystem.JobApi.Surfaces.Publish;

/// <summary>The publish surface: <c>/api/jobs/runners</c>. Its default time to answer is 2 s.</summary>
static class PublishRunners
{
    const double Patience = 2;
    static readonly DialectFields listed = new(new DialectField("channel", "queue_name"));
    static readonly DialectFields pinged = new DialectFields(new DialectField("timeout", "timeout")).Beside("runner_id");
    static readonly DialectFields ended = new DialectFields(new DialectField("graceful", "graceful"), new DialectField("timeout", "timeout")).Beside("runner_id");
    static readonly DialectFields told = new(new DialectField("command", "command"), new DialectField("data", "data"), new DialectField("timeout", "timeout"));

    public static void MapPublishRunners(this IEndpointRouteBuilder app)
    {
        var runners = app.MapGroup("/api/jobs/runners").WithTags("Publish: runners").Audited(AuditSurface.Publish).RequireCaller();
        runners.MapGet("/", List).WithName("PublishListRunners").WithSummary("List runners");
        runners.MapPost("/ping", Ping).WithName("PublishPingRunner").Translates(JobApiOperations.PingWorker).WithSummary("Ask a runner whether it is there");
        runners.MapPost("/shutdown", Shutdown).WithName("PublishShutdownRunner").Translates(JobApiOperations.ShutdownWorker).WithSummary("Let a runner end");
        runners.MapPost("/broadcast", Broadcast).WithName("PublishBroadcastToRunners").Translates(JobApiOperations.BroadcastToWorkers).WithSummary("Tell all runners something and collect their answers");
    }

    static async Task<IResult> List(HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var query = listed.Rewrite(http.Request.Query, errors);
        return errors.Any ? errors.ToProblem("Failed to list runners") : (await api.Call(http, JobApiOperations.ListWorkers, query: query)).Translate((json, page) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("status"u8, true);
            json.Copy("count", page, "total");
            json.WriteStartArray("data"u8);
            foreach (var worker in page.GetProperty("items"u8).EnumerateArray())
            {
                Write(json, worker);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }, fields: listed);
    }

    static Task<IResult> Ping(HttpContext http, CanonicalApi api, IOptions<JobLimits> limits) => Tell(http, api, limits, pinged, JobApiOperations.PingWorker, "Failed to ping runner");

    static Task<IResult> Shutdown(HttpContext http, CanonicalApi api, IOptions<JobLimits> limits) => Tell(http, api, limits, ended, JobApiOperations.ShutdownWorker, "Failed to shut down runner");

    static async Task<IResult> Tell(
        HttpContext http, CanonicalApi api, IOptions<JobLimits> limits, DialectFields fields, string endpoint, string failed)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, failed, http.RequestAborted);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var rewritten = fields.Rewrite(body.Root, errors, json => WritePatience(json, body.Root));
            if (rewritten is not null && string.IsNullOrWhiteSpace(body.Root.Text("runner_id")))
            {
                errors.Expected("runner_id", "a runner's id or name", body.Root.TryGetProperty("runner_id"u8, out var got) ? got : default);
            }
            return errors.Any ? errors.ToProblem(failed) : (await api.Call(http, endpoint, rewritten, route: ("workerId", body.Root.Text("runner_id")!))).Translate((json, reply) => Answer(json, reply), fields: fields);
        }
    }

    static void WritePatience(Utf8JsonWriter json, JsonElement body)
    {
        if (!body.TryGetProperty("timeout"u8, out _))
        {
            json.WriteNumber("timeout"u8, Patience);
        }
    }

    static async Task<IResult> Broadcast(HttpContext http, CanonicalApi api, IOptions<JobLimits> limits)
    {
        const string Failed = "Failed to broadcast";
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, http.RequestAborted);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var rewritten = told.Rewrite(body.Root, errors, json => WritePatience(json, body.Root));
            return rewritten is null ? errors.ToProblem(Failed) : (await api.Call(http, JobApiOperations.BroadcastToWorkers, rewritten)).Translate((json, replies) =>
            {
                json.WriteStartObject();
                json.WriteBoolean("status"u8, true);
                json.Copy("command", replies, "command");
                json.Copy("runners", replies, "total");
                json.WriteStartArray("responses"u8);
                foreach (var reply in replies.GetProperty("answers"u8).EnumerateArray())
                {
                    Answer(json, reply);
                }
                json.WriteEndArray();
                json.Copy("silent", replies, "silent");
                json.WriteEndObject();
            }, fields: told);
        }
    }

    static void Answer(Utf8JsonWriter json, JsonElement reply)
    {
        json.WriteStartObject();
        json.Copy("status", reply, "success");
        json.Copy("runner_id", reply, "worker_id");
        json.Copy("name", reply, "name");
        json.Copy("state", reply, "status");
        json.Copy("message", reply, "message");
        json.Copy("running", reply, "running");
        json.Copy("round_trip_ms", reply, "round_trip_ms");
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, JsonElement worker)
    {
        json.WriteStartObject();
        json.Copy("runner_id", worker, "id");
        json.Copy("name", worker, "name");
        json.Copy("host", worker, "host");
        json.Copy("channels", worker, "queues");
        json.Copy("state", worker, "status");
        json.Copy("alive", worker, "is_healthy");
        json.Copy("started", worker, "started_at");
        json.Copy("last_heartbeat", worker, "last_seen_at");
        json.Copy("jobs_processed", worker, "processed");
        json.Copy("jobs_failed", worker, "failed");
        json.Copy("running", worker, "running");
        json.Copy("slots", worker, "slots");
        json.WriteEndObject();
    }
}
