using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Workers;

/// <summary>Workers: their state, and control commands.</summary>
static class WorkerEndpoints
{
    const double DefaultTimeout = 5;
    const double LongestTimeout = 60;
    static readonly string[] broadcasts = [WorkerCommand.Status, WorkerCommand.Shutdown, WorkerCommand.Pause, WorkerCommand.Resume, WorkerCommand.Reload];

    public static void MapWorkers(this IEndpointRouteBuilder api)
    {
        var workers = api.MapGroup("/workers").WithTags("Workers");
        workers.MapGet("/", List).WithName("ListWorkers").WithSummary("List workers").RequirePermission(Permission.ViewJobs);
        workers.MapGet("/{workerId}", Get).WithName("GetWorker").WithSummary("Get a worker").RequirePermission(Permission.ViewJobs);
        workers.MapPost("/broadcast", Broadcast).WithName("BroadcastToWorkers").WithSummary("Tell all workers something and collect their answers").RequirePermission(Permission.ManageJobs);
        foreach (var (command, summary) in (ReadOnlySpan<(string, string)>)
            [
                (WorkerCommand.Ping, "Ask a worker whether it is there"),
                (WorkerCommand.Pause, "Let a worker start nothing until it is resumed"),
                (WorkerCommand.Resume, "Let a paused worker go on"),
                (WorkerCommand.Reload, "Let a worker read its configuration again"),
                (WorkerCommand.Shutdown, "Let a worker end"),
            ])
        {
            workers.MapPost($"/{{workerId}}/{command}", (string workerId, HttpRequest http, WorkerDirectory directory, WorkerCommands control, IOptions<JobLimits> limits, CancellationToken cancellationToken) =>
                Tell(workerId, command, http, directory, control, limits, cancellationToken)).WithName($"{char.ToUpperInvariant(command[0])}{command[1..]}Worker").WithSummary(summary).RequirePermission(Permission.ManageJobs);
        }
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> List(HttpRequest http, WorkerDirectory directory, DatabaseClock clock, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset", "status", "queue_name"]);
        var (limit, offset) = (query.Limit(), query.Offset());
        var statuses = query.Words("status", ["starting", "running", "paused", "draining", WorkerDirectory.Lost]);
        var queue = query.Text("queue_name", Names.ExpectedQueue, Names.IsQueue);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list workers");
        }
        var found = (await directory.List(cancellationToken)).FindAll(x =>
            (statuses.Count == 0 || statuses.Contains(directory.StatusOf(x))) && (queue is null || WorkerDirectory.Queues(x).Contains(queue)));
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var worker in found.Skip(offset).Take(limit))
            {
                Write(json, worker, directory, clock.UtcNow);
            }
            json.WriteEndArray();
            json.WriteNumber("total"u8, found.Count);
            json.WriteEndObject();
        });
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Get(string workerId, WorkerDirectory directory, DatabaseClock clock, CancellationToken cancellationToken) =>
        await directory.Find(workerId, cancellationToken) is { } worker
            ? new WrittenAnswer(json => Write(json, worker, directory, clock.UtcNow))
            : NotFound(workerId);

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Tell(
        string workerId, string command, HttpRequest http, WorkerDirectory directory, WorkerCommands control, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var (request, problem) = await Read(http, $"Failed to {command} worker", broadcast: false, limits.Value, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }
        if (await directory.Find(workerId, cancellationToken) is not { } worker)
        {
            return NotFound(workerId);
        }
        var note = AuditNote.Of(http.HttpContext);
        note.Add("name", worker.Name);
        note.Add("graceful", command == WorkerCommand.Shutdown ? request!.Graceful : null);
        var reply = await control.Ask(worker, new() { Command = command, Graceful = request!.Graceful }, request.Timeout, cancellationToken);
        if (reply is null)
        {
            return Problems.Of(StatusCodes.Status504GatewayTimeout, "worker_silent",
                $"Worker {worker.Name} did not answer within {request.Timeout.TotalSeconds:0.###} s; it was last heard of {worker.LastSeenAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }
        return reply.Answer.Accepted
            ? new WrittenAnswer(json => Write(json, reply))
            : Problems.Conflict($"Worker {worker.Name} does not {command}: {reply.Answer.Message}", "worker_refused");
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Broadcast(
        HttpRequest http, WorkerDirectory directory, WorkerCommands control, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var (request, problem) = await Read(http, "Failed to broadcast", broadcast: true, limits.Value, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }
        var live = (await directory.Live(cancellationToken)).Where(x => request!.Queue is null || WorkerDirectory.Queues(x).Contains(request.Queue)).ToList();
        JsonElement? data = request!.Data is { } given ? JsonElement.Parse(given) : null;
        var command = new ControlWorker { Command = request.Command!, Graceful = request.Graceful, Data = data };
        var replies = await Task.WhenAll(live.Select(x => control.Ask(x, command, request.Timeout, cancellationToken)));
        var note = AuditNote.Of(http.HttpContext);
        note.Add("command", command.Command);
        note.Add("queue_name", request.Queue);
        note.Add("data", request.Data is { } told ? JsonNode.Parse(told) : null);
        note.Add("workers", live.Count);
        note.Add("answered", replies.Count(x => x is not null));
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteString("command"u8, command.Command);
            json.WriteNumber("total"u8, live.Count);
            json.WriteStartArray("answers"u8);
            foreach (var reply in replies.OfType<WorkerReply>())
            {
                Write(json, reply);
            }
            json.WriteEndArray();
            json.WriteStartArray("silent"u8);
            foreach (var (worker, _) in live.Zip(replies).Where(x => x.Second is null))
            {
                json.WriteStringValue(worker.Id);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    static async Task<(Request? Request, ProblemHttpResult? Problem)> Read(HttpRequest http, string failed, bool broadcast, JobLimits limits, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http, limits.BodyBytes, failed, cancellationToken, optional: !broadcast);
        if (problem is not null)
        {
            return (null, problem);
        }
        using (body)
        {
            var errors = new FieldErrors();
            var request = new Request();
            if (body is not null)
            {
                Read(body.Root, broadcast, limits, errors, request);
            }
            if (broadcast && request.Command is null && !errors.Any)
            {
                errors.Expected("command", $"one of {string.Join(", ", broadcasts)}", "nothing");
            }
            return errors.Any ? (null, errors.ToProblem(failed)) : (request, null);
        }
    }

    static void Read(JsonElement body, bool broadcast, JobLimits limits, FieldErrors errors, Request request) =>
        ObjectReader.Read(body, errors, broadcast ? ["command", "data", "timeout", "graceful", "queue_name"] : ["timeout", "graceful"], (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            switch (name)
            {
                case "command": request.Command = field.Text($"one of {string.Join(", ", broadcasts)}", x => Array.IndexOf(broadcasts, x) >= 0); break;
                case "data": request.Data = field.Raw(JsonValueKind.Object, limits.MetadataBytes, limits.Nesting, out _); break;
                case "queue_name": request.Queue = field.Text(Names.ExpectedQueue, Names.IsQueue); break;
                case "timeout": request.Timeout = TimeSpan.FromSeconds(field.Seconds(LongestTimeout, zero: false) ?? DefaultTimeout); break;
                default: request.Graceful = field.Flag() ?? true; break;
            }
        });

    static ProblemHttpResult NotFound(string id) => Problems.NotFound($"Worker not found: {(id.Length <= 128 ? id : id[..128])}", "worker_not_found");

    static void Write(Utf8JsonWriter json, WorkerReply reply)
    {
        var answer = reply.Answer;
        json.WriteStartObject();
        json.WriteString("worker_id"u8, answer.WorkerId);
        json.WriteString("name"u8, answer.Name);
        json.WriteString("command"u8, answer.Command);
        json.WriteBoolean("success"u8, answer.Accepted);
        json.WriteString("message"u8, answer.Message);
        json.WriteString("status"u8, answer.Status);
        json.WriteNumber("slots"u8, answer.Slots);
        json.WriteNumber("running"u8, answer.Running);
        json.WriteNumber("round_trip_ms"u8, Math.Round(reply.RoundTrip.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, WorkerRow worker, WorkerDirectory directory, DateTimeOffset now)
    {
        var status = directory.StatusOf(worker);
        json.WriteStartObject();
        json.WriteString("id"u8, worker.Id);
        json.WriteString("name"u8, worker.Name);
        json.WriteString("host"u8, worker.Host);
        json.WriteString("version"u8, worker.Version);
        json.WriteString("status"u8, status);
        json.WriteBoolean("is_healthy"u8, status != WorkerDirectory.Lost);
        json.WriteString("started_at"u8, worker.StartedAt.UtcDateTime);
        json.WriteString("last_seen_at"u8, worker.LastSeenAt.UtcDateTime);
        json.WriteNumber("uptime"u8, Math.Round(Math.Max(0, ((status == WorkerDirectory.Lost ? worker.LastSeenAt : now) - worker.StartedAt).TotalSeconds), 3));
        json.WriteStartArray("queues"u8);
        foreach (var queue in WorkerDirectory.Queues(worker))
        {
            json.WriteStringValue(queue);
        }
        json.WriteEndArray();
        json.WriteNumber("slots"u8, worker.Slots);
        json.WriteNumber("running"u8, worker.Running);
        json.WriteNumber("processed"u8, worker.Processed);
        json.WriteNumber("failed"u8, worker.Failed);
        json.WriteStartArray("attempts"u8);
        foreach (var held in WorkerDirectory.Attempts(worker))
        {
            json.WriteStartObject();
            json.WriteString("job_id"u8, held.JobId);
            json.WriteNumber("attempt"u8, held.Attempt);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    sealed class Request
    {
        public string? Command { get; set; }
        public string? Queue { get; set; }

        /// <summary>A JSON object for the workers; null for none.</summary>
        public string? Data { get; set; }
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(DefaultTimeout);
        public bool Graceful { get; set; } = true;
    }
}
