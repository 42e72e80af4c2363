using System.Text.Json;
using JobSystem.Api;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;

namespace JobSystem.JobApi.Surfaces.Operations;

/// <summary>The operations surface: <c>/jobs/queues</c>.</summary>
static class OperationsQueues
{
    public static void MapOperationsQueues(this IEndpointRouteBuilder app)
    {
        var queues = app.MapGroup("/jobs/queues").WithTags("Operations: queues").Audited(AuditSurface.Operations).RequireCaller();
        queues.MapGet("/", List).WithName("OperationsListQueues").WithSummary("List queues");
        queues.MapGet("/{queueName}", Get).WithName("OperationsGetQueue").WithSummary("Get a queue");
        queues.MapPost("/{queueName}/clear", Clear)
            .WithName("OperationsClearQueue").Translates(JobApiOperations.ClearQueue).WithSummary("Cancel every job that waits in a queue");
        queues.MapPost("/{queueName}/pause", Pause)
            .WithName("OperationsPauseQueue").Translates(JobApiOperations.PauseQueue).WithSummary("Start nothing of a queue until it is resumed");
        queues.MapPost("/{queueName}/resume", Resume)
            .WithName("OperationsResumeQueue").Translates(JobApiOperations.ResumeQueue).WithSummary("Go on with a paused queue");
    }

    static async Task<IResult> List(HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call<Listing<Queue>>(http, JobApiOperations.ListQueues, query: new QueryString("?limit=1000"));
        var stats = await api.Call<JobStats>(http, JobApiOperations.GetJobStats);
        return !stats.Succeeded ? Dialect.Refuse(stats) : answer.Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var queue in page.Items)
            {
                Write(json, queue, stats.Record!);
            }
            json.WriteEndArray();
        });
    }

    static async Task<IResult> Get(string queueName, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call<Queue>(http, JobApiOperations.GetQueue, route: ("queueName", queueName));
        var stats = await api.Call<JobStats>(http, JobApiOperations.GetJobStats);
        return !stats.Succeeded ? Dialect.Refuse(stats) : answer.Translate((json, queue) => Write(json, queue, stats.Record!));
    }

    static async Task<IResult> Clear(string queueName, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call<ClearAnswer>(http, JobApiOperations.ClearQueue, route: ("queueName", queueName));
        return answer.Translate(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("success"u8, true);
            json.WritePropertyName("jobs_cleared"u8);
            json.WriteRawValue(answer.Cancelled ?? $"{answer.Record!.Cancelled}");
            json.WriteString("queue_name"u8, queueName);
            json.WriteEndObject();
        }, answer.Status == StatusCodes.Status204NoContent ? StatusCodes.Status200OK : null);
    }

    static Task<IResult> Pause(string queueName, HttpContext http, CanonicalApi api) => Steer(queueName, JobApiOperations.PauseQueue, "paused", http, api);

    static Task<IResult> Resume(string queueName, HttpContext http, CanonicalApi api) => Steer(queueName, JobApiOperations.ResumeQueue, "resumed", http, api);

    static async Task<IResult> Steer(string queueName, string operation, string done, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call(http, operation, ("queueName", queueName));
        return answer.Translate(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("success"u8, true);
            json.WriteString("queue_name"u8, queueName);
            json.WriteString("status"u8, done);
            json.WriteEndObject();
        }, StatusCodes.Status200OK);
    }

    static void Write(Utf8JsonWriter json, Queue queue, JobStats stats)
    {
        var counts = stats.ByQueue.GetValueOrDefault(queue.Name)?.ByStatus;
        json.WriteStartObject();
        json.WriteString("name"u8, queue.Name);
        // Here PENDING jobs wait in the queue, whether or not they are due
        json.WriteNumber("length"u8, counts?.Pending ?? 0);
        json.WriteStartArray("jobs_by_status"u8);
        foreach (var (status, count) in counts?.ToList() ?? [])
        {
            json.WriteStartObject();
            json.WriteString("status"u8, status.ToUpperInvariant());
            json.WriteNumber("count"u8, count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteBoolean("is_paused"u8, queue.IsPaused);
        json.WriteEndObject();
    }
}
