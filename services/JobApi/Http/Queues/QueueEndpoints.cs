using System.Globalization;
using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Queues;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Queues;

/// <summary>Queues: what waits in them, and how they are steered.</summary>
static class QueueEndpoints
{
    /// <summary>Time after which a call that clears a queue returns its progress.</summary>
    static readonly TimeSpan patience = TimeSpan.FromSeconds(4);

    public static void MapQueues(this IEndpointRouteBuilder api)
    {
        var queues = api.MapGroup("/queues").WithTags("Queues");
        queues.MapGet("/", List).WithName(JobApiOperations.ListQueues).WithSummary("List queues").RequirePermission(Permission.ViewJobs);
        queues.MapGet("/{queueName}", Get).WithName(JobApiOperations.GetQueue).WithSummary("Get a queue").RequirePermission(Permission.ViewJobs);
        queues.MapPut("/{queueName}", Put)
            .WithName(JobApiOperations.PutQueue).WithSummary("Create a queue, or change its limits").RequirePermission(Permission.ManageJobs);
        queues.MapPost("/{queueName}/pause", Pause)
            .WithName(JobApiOperations.PauseQueue).WithSummary("Start nothing of a queue until it is resumed").RequirePermission(Permission.ManageJobs);
        queues.MapPost("/{queueName}/resume", Resume)
            .WithName(JobApiOperations.ResumeQueue).WithSummary("Go on with a paused queue").RequirePermission(Permission.ManageJobs);
        queues.MapPost("/{queueName}/clear", Clear)
            .WithName(JobApiOperations.ClearQueue).WithSummary("Cancel every job that waits in a queue").RequirePermission(Permission.ManageJobs);
    }

    static async Task<Results<RecordAnswer<Listing<Queue>>, ProblemHttpResult>> List(
        HttpRequest http, QueueDirectory queues, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list queues");
        }
        var all = await queues.List(cancellationToken);
        var listing = new Listing<Queue> { Items = [.. all.Skip(offset).Take(limit).Select(x => ToRecord(x, time.GetUtcNow()))], Total = all.Count };
        return new RecordAnswer<Listing<Queue>>(listing, ApiJson.Default.ListingQueue);
    }

    static async Task<Results<RecordAnswer<Queue>, ProblemHttpResult>> Get(
        string queueName, QueueDirectory queues, TimeProvider time, CancellationToken cancellationToken) =>
        await queues.Find(queueName, cancellationToken) is { } queue ? Answer(queue, time) : NotFound(queueName);

    static async Task<Results<RecordAnswer<Queue>, ProblemHttpResult>> Put(
        string queueName, HttpRequest http, QueueDirectory queues, IOptions<JobLimits> limits, TimeProvider time, CancellationToken cancellationToken)
    {
        const string Failed = "Failed to change queue";
        var errors = new FieldErrors();
        if (!Names.IsQueue(queueName))
        {
            errors.Expected("queue_name", Names.ExpectedQueue, FieldErrors.Quote(queueName));
            return errors.ToProblem(Failed);
        }
        var (body, problem) = await JsonBody.Read(http, limits.Value.BodyBytes, Failed, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }
        using (body)
        {
            var change = QueueChange.Read(body!.Root, limits.Value, errors);
            if (errors.Any)
            {
                return errors.ToProblem(Failed);
            }
            var before = await queues.Load(queueName, cancellationToken);
            var isNew = await queues.Change(queueName, change, cancellationToken);
            var after = await queues.Find(queueName, cancellationToken);
            var note = AuditNote.ForRequest(http.HttpContext);
            note.Add("before", before is null ? null : Limits(before));
            note.Add("after", after is null ? null : Limits(after.Queue));
            return after is { } queue
                ? Answer(queue, time, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK)
                : NotFound(queueName);
        }
    }

    static Task<Results<NoContent, ProblemHttpResult>> Pause(
        string queueName, QueueDirectory queues, CancellationToken cancellationToken) =>
        SetPaused(queueName, true, queues, cancellationToken);

    static Task<Results<NoContent, ProblemHttpResult>> Resume(
        string queueName, QueueDirectory queues, CancellationToken cancellationToken) =>
        SetPaused(queueName, false, queues, cancellationToken);

    static async Task<Results<NoContent, ProblemHttpResult>> SetPaused(
        string queueName, bool isPaused, QueueDirectory queues, CancellationToken cancellationToken) =>
        await queues.Pause(queueName, isPaused, cancellationToken) ? TypedResults.NoContent() : NotFound(queueName);

    static async Task<Results<NoContent, RecordAnswer<ClearAnswer>, ProblemHttpResult>> Clear(
        string queueName, HttpContext http, QueueDirectory queues, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await queues.Load(queueName, cancellationToken) is null)
        {
            return NotFound(queueName);
        }
        var clearing = queues.Clear(queueName, Caller.NameOf(http));
        try
        {
            await clearing.Done.WaitAsync(patience, time, cancellationToken);
            AuditNote.ForRequest(http).Add("cancelled", clearing.Cancelled);
            http.Response.Headers[CanonicalAnswer.CancelledHeader] = clearing.Cancelled.ToString(CultureInfo.InvariantCulture);
            return TypedResults.NoContent();
        }
        catch (TimeoutException)
        {
            AuditNote.ForRequest(http).Add("cancelled", clearing.Cancelled);
            AuditNote.ForRequest(http).Add("finished", false);
            return new RecordAnswer<ClearAnswer>(
                new() { Cancelled = clearing.Cancelled }, ApiJson.Default.ClearAnswer, StatusCodes.Status202Accepted);
        }
    }

    static JsonObject Limits(QueueRow queue) => new()
    {
        ["description"] = queue.Description,
        ["max_concurrency"] = queue.MaxConcurrency,
        ["rate_limit"] = queue.RateLimit is null ? null : new JsonObject { ["limit"] = queue.RateLimit, ["period"] = queue.RatePeriod },
    };

    static ProblemHttpResult NotFound(string name) =>
        Problems.NotFound($"Queue not found: {(name.Length <= Names.QueueLength ? name : name[..Names.QueueLength])}", "queue_not_found");

    static RecordAnswer<Queue> Answer(QueueStatus queue, TimeProvider time, int status = StatusCodes.Status200OK) =>
        new(ToRecord(queue, time.GetUtcNow()), ApiJson.Default.Queue, status);

    static Queue ToRecord(QueueStatus status, DateTimeOffset now)
    {
        var (queue, counts) = status;
        return new()
        {
            Name = queue.Name,
            Description = queue.Description,
            Size = counts.Waiting,
            IsPaused = queue.IsPaused,
            Running = counts.Running,
            Scheduled = counts.Scheduled,
            OldestAge = counts.OldestAt is { } oldest ? Math.Round(Math.Max(0, (now - oldest).TotalSeconds), 3) : null,
            Workers = counts.Workers,
            Limits = new()
            {
                MaxConcurrency = queue.MaxConcurrency,
                RateLimit = queue is { RateLimit: { } limit, RatePeriod: { } period } ? new() { Limit = limit, Period = period } : null,
            },
            CreatedAt = queue.CreatedAt,
        };
    }
}
