using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Errors;
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
        workers.MapGet("/", List).WithName(JobApiOperations.ListWorkers).WithSummary("List workers").RequirePermission(Permission.ViewJobs);
        workers.MapGet("/{workerId}", Get).WithName(JobApiOperations.GetWorker).WithSummary("Get a worker").RequirePermission(Permission.ViewJobs);
        workers.MapPost("/broadcast", Broadcast)
            .WithName(JobApiOperations.BroadcastToWorkers).WithSummary("Tell all workers something and collect their answers").RequirePermission(Permission.ManageJobs);
        MapCommand(workers, WorkerCommand.Ping, JobApiOperations.PingWorker, "Ask a worker whether it is there");
        MapCommand(workers, WorkerCommand.Pause, JobApiOperations.PauseWorker, "Let a worker start nothing until it is resumed");
        MapCommand(workers, WorkerCommand.Resume, JobApiOperations.ResumeWorker, "Let a paused worker go on");
        MapCommand(workers, WorkerCommand.Reload, JobApiOperations.ReloadWorker, "Let a worker read its configuration again");
        MapCommand(workers, WorkerCommand.Shutdown, JobApiOperations.ShutdownWorker, "Let a worker end");
    }

    static void MapCommand(RouteGroupBuilder workers, string command, string operation, string summary) => workers
        .MapPost($"/{{workerId}}/{command}",
            (string workerId, HttpRequest http, WorkerDirectory directory, WorkerCommands control, IOptions<JobLimits> limits, CancellationToken cancellationToken) =>
                Tell(workerId, command, http, directory, control, limits, cancellationToken))
        .WithName(operation).WithSummary(summary).RequirePermission(Permission.ManageJobs);

    static async Task<Results<RecordAnswer<Listing<WorkerProcess>>, ProblemHttpResult>> List(
        HttpRequest http, WorkerDirectory directory, DatabaseClock clock, CancellationToken cancellationToken)
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
        var shown = found.Skip(offset).Take(limit).Select(x => ToRecord(x, directory, clock.UtcNow));
        return new RecordAnswer<Listing<WorkerProcess>>(new() { Items = [.. shown], Total = found.Count }, ApiJson.Default.ListingWorkerProcess);
    }

    static async Task<Results<RecordAnswer<WorkerProcess>, ProblemHttpResult>> Get(
        string workerId, WorkerDirectory directory, DatabaseClock clock, CancellationToken cancellationToken) =>
        await directory.Find(workerId, cancellationToken) is { } worker
            ? new RecordAnswer<WorkerProcess>(ToRecord(worker, directory, clock.UtcNow), ApiJson.Default.WorkerProcess)
            : NotFound(workerId);

    static async Task<Results<RecordAnswer<WorkerAnswer>, ProblemHttpResult>> Tell(
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
        var note = AuditNote.ForRequest(http.HttpContext);
        note.Add("name", worker.Name);
        note.Add("graceful", command == WorkerCommand.Shutdown ? request!.Graceful : null);
        var reply = await control.Ask(worker, new() { Command = command, Graceful = request!.Graceful }, request.Timeout, cancellationToken);
        if (reply is null)
        {
            return Problems.Create(StatusCodes.Status504GatewayTimeout, "worker_silent",
                $"Worker {worker.Name} did not answer within {request.Timeout.TotalSeconds:0.###} s; it was last heard of {worker.LastSeenAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }
        return reply.Answer.Accepted
            ? new RecordAnswer<WorkerAnswer>(ToRecord(reply), ApiJson.Default.WorkerAnswer)
            : Problems.Conflict($"Worker {worker.Name} does not {command}: {reply.Answer.Message}", "worker_refused");
    }

    static async Task<Results<RecordAnswer<BroadcastAnswer>, ProblemHttpResult>> Broadcast(
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
        var note = AuditNote.ForRequest(http.HttpContext);
        note.Add("command", command.Command);
        note.Add("queue_name", request.Queue);
        note.Add("data", request.Data is { } told ? JsonNode.Parse(told) : null);
        note.Add("workers", live.Count);
        note.Add("answered", replies.Count(x => x is not null));
        var answer = new BroadcastAnswer
        {
            Command = command.Command,
            Total = live.Count,
            Answers = [.. replies.OfType<WorkerReply>().Select(ToRecord)],
            Silent = [.. live.Zip(replies).Where(x => x.Second is null).Select(x => x.First.Id)],
        };
        return new RecordAnswer<BroadcastAnswer>(answer, ApiJson.Default.BroadcastAnswer);
    }

    static async Task<(Request? Request, ProblemHttpResult? Problem)> Read(
        HttpRequest http, string failed, bool broadcast, JobLimits limits, CancellationToken cancellationToken)
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

    static WorkerAnswer ToRecord(WorkerReply reply) => new()
    {
        WorkerId = reply.Answer.WorkerId,
        Name = reply.Answer.Name,
        Command = reply.Answer.Command,
        Success = reply.Answer.Accepted,
        Message = reply.Answer.Message,
        Status = reply.Answer.Status,
        Slots = reply.Answer.Slots,
        Running = reply.Answer.Running,
        RoundTripMs = Math.Round(reply.RoundTrip.TotalMilliseconds, 3),
    };

    static WorkerProcess ToRecord(WorkerRow worker, WorkerDirectory directory, DateTimeOffset now)
    {
        var status = directory.StatusOf(worker);
        var end = status == WorkerDirectory.Lost ? worker.LastSeenAt : now;
        return new()
        {
            Id = worker.Id,
            Name = worker.Name,
            Host = worker.Host,
            Version = worker.Version,
            Status = status,
            IsHealthy = status != WorkerDirectory.Lost,
            StartedAt = worker.StartedAt,
            LastSeenAt = worker.LastSeenAt,
            Uptime = Math.Round(Math.Max(0, (end - worker.StartedAt).TotalSeconds), 3),
            Queues = [.. WorkerDirectory.Queues(worker)],
            Slots = worker.Slots,
            Running = worker.Running,
            Processed = worker.Processed,
            Failed = worker.Failed,
            Attempts = [.. WorkerDirectory.Attempts(worker).Select(x => new RunningAttempt { JobId = x.JobId.ToString(), Attempt = x.Attempt })],
        };
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
