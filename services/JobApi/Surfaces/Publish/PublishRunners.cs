using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using Microsoft.Extensions.Options;

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
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list runners");
        }
        return (await api.Call<Listing<WorkerProcess>>(http, JobApiOperations.ListWorkers, query: query)).Translate((json, page) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("status"u8, true);
            json.WriteNumber("count"u8, page.Total);
            json.WriteStartArray("data"u8);
            foreach (var worker in page.Items)
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
        HttpContext http, CanonicalApi api, IOptions<JobLimits> limits, DialectFields fields, string operation, string failed)
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
            if (errors.Any)
            {
                return errors.ToProblem(failed);
            }
            var answer = await api.Call<WorkerAnswer>(http, operation, rewritten, route: ("workerId", body.Root.Text("runner_id")!));
            return answer.Translate(Answer, fields: fields);
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
            if (rewritten is null)
            {
                return errors.ToProblem(Failed);
            }
            return (await api.Call<BroadcastAnswer>(http, JobApiOperations.BroadcastToWorkers, rewritten)).Translate((json, replies) =>
            {
                json.WriteStartObject();
                json.WriteBoolean("status"u8, true);
                json.WriteString("command"u8, replies.Command);
                json.WriteNumber("runners"u8, replies.Total);
                json.WriteStartArray("responses"u8);
                foreach (var reply in replies.Answers)
                {
                    Answer(json, reply);
                }
                json.WriteEndArray();
                json.WriteTexts("silent", replies.Silent);
                json.WriteEndObject();
            }, fields: told);
        }
    }

    static void Answer(Utf8JsonWriter json, WorkerAnswer reply)
    {
        json.WriteStartObject();
        json.WriteBoolean("status"u8, reply.Success);
        json.WriteString("runner_id"u8, reply.WorkerId);
        json.WriteString("name"u8, reply.Name);
        json.WriteString("state"u8, reply.Status);
        json.WriteString("message"u8, reply.Message);
        json.WriteNumber("running"u8, reply.Running);
        json.WriteNumber("round_trip_ms"u8, reply.RoundTripMs);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, WorkerProcess worker)
    {
        json.WriteStartObject();
        json.WriteString("runner_id"u8, worker.Id);
        json.WriteString("name"u8, worker.Name);
        json.WriteString("host"u8, worker.Host);
        json.WriteTexts("channels", worker.Queues);
        json.WriteString("state"u8, worker.Status);
        json.WriteBoolean("alive"u8, worker.IsHealthy);
        json.WriteTime("started", worker.StartedAt);
        json.WriteTime("last_heartbeat", worker.LastSeenAt);
        json.WriteNumber("jobs_processed"u8, worker.Processed);
        json.WriteNumber("jobs_failed"u8, worker.Failed);
        json.WriteNumber("running"u8, worker.Running);
        json.WriteNumber("slots"u8, worker.Slots);
        json.WriteEndObject();
    }
}
