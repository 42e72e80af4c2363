using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using JobSystem.JobApi.Http;

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
        var answer = await api.Call(http, JobApiOperations.ListQueues, query: new QueryString("?limit=1000"));
        var stats = await api.Call(http, JobApiOperations.GetJobStats);
        return !stats.Succeeded ? Dialect.Refuse(stats) : answer.Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var queue in page.GetProperty("items"u8).EnumerateArray())
            {
                Write(json, queue, stats.Json);
            }
            json.WriteEndArray();
        });
    }

    static async Task<IResult> Get(string queueName, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call(http, JobApiOperations.GetQueue, route: ("queueName", queueName));
        var stats = await api.Call(http, JobApiOperations.GetJobStats);
        return !stats.Succeeded ? Dialect.Refuse(stats) : answer.Translate((json, queue) => Write(json, queue, stats.Json));
    }

    static async Task<IResult> Clear(string queueName, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call(http, JobApiOperations.ClearQueue, route: ("queueName", queueName));
        return answer.Translate((json, cleared) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("success"u8, true);
            json.WritePropertyName("jobs_cleared"u8);
            json.WriteRawValue(answer.Cancelled ?? cleared.GetProperty("cancelled"u8).GetRawText());
            json.WriteString("queue_name"u8, queueName);
            json.WriteEndObject();
        }, answer.Status == StatusCodes.Status204NoContent ? StatusCodes.Status200OK : null);
    }

    static Task<IResult> Pause(string queueName, HttpContext http, CanonicalApi api) => Steer(queueName, JobApiOperations.PauseQueue, "paused", http, api);

    static Task<IResult> Resume(string queueName, HttpContext http, CanonicalApi api) => Steer(queueName, JobApiOperations.ResumeQueue, "resumed", http, api);

    static async Task<IResult> Steer(string queueName, string endpoint, string done, HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call(http, endpoint, route: ("queueName", queueName));
        return answer.Translate((json, _) =>
        {
            json.WriteStartObject();
            json.WriteBoolean("success"u8, true);
            json.WriteString("queue_name"u8, queueName);
            json.WriteString("status"u8, done);
            json.WriteEndObject();
        }, StatusCodes.Status200OK);
    }

    static void Write(Utf8JsonWriter json, JsonElement queue, JsonElement stats)
    {
        var byStatus = stats.GetProperty("by_queue"u8).TryGetProperty(queue.Text("name")!, out var counts) ? counts.GetProperty("by_status"u8) : default;
        json.WriteStartObject();
        json.Copy("name", queue, "name");
        // What is PENDING waits in the queue here, whether or not its time has come
        json.WriteNumber("length"u8, byStatus.ValueKind == JsonValueKind.Object ? byStatus.GetProperty(JobStatus.Pending).GetInt64() : 0);
        json.WriteStartArray("jobs_by_status"u8);
        if (byStatus.ValueKind == JsonValueKind.Object)
        {
            foreach (var status in byStatus.EnumerateObject())
            {
                json.WriteStartObject();
                json.WriteString("status"u8, status.Name.ToUpperInvariant());
                json.WritePropertyName("count"u8);
                json.Copy(status.Value);
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
        json.Copy("is_paused", queue, "is_paused");
        json.WriteEndObject();
    }
}
