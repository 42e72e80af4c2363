using System.Text.Json;
using JobSystem.ServiceDefaults.Dialects;
using JobSystem.JobApi.Http;

namespace JobSystem.JobApi.Surfaces.Operations;

/// <summary>The operations surface: <c>/workers</c>.</summary>
static class OperationsWorkers
{
    public static void MapOperationsWorkers(this IEndpointRouteBuilder app)
    {
        var workers = app.MapGroup("/workers").WithTags("Operations: workers").RequireCaller();
        workers.MapGet("/", List).WithName("OperationsListWorkers").WithSummary("List workers");
        workers.MapGet("/{workerName}", Get).WithName("OperationsGetWorker").WithSummary("Get a worker");
    }

    static async Task<IResult> List(HttpContext http, CanonicalApi api)
    {
        var answer = await api.Call(http, JobApiOperations.ListWorkers, query: new QueryString("?limit=1000"));
        return answer.Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var worker in page.GetProperty("items"u8).EnumerateArray())
            {
                Write(json, worker);
            }
            json.WriteEndArray();
        });
    }

    static async Task<IResult> Get(string workerName, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, JobApiOperations.GetWorker, route: ("workerId", workerName))).Translate(Write);

    static void Write(Utf8JsonWriter json, JsonElement worker)
    {
        var attempts = worker.GetProperty("attempts"u8);
        json.WriteStartObject();
        json.Copy("name", worker, "name");
        json.Copy("status", worker, "status");
        json.Copy("queue_names", worker, "queues");
        json.WriteString("current_job_id"u8, attempts.GetArrayLength() > 0 ? attempts[0].Text("job_id") : null);
        json.Copy("jobs_processed", worker, "processed");
        json.Copy("is_healthy", worker, "is_healthy");
        json.WriteStartObject("details"u8);
        json.Copy("id", worker, "id");
        json.Copy("host", worker, "host");
        json.Copy("version", worker, "version");
        json.Copy("concurrency", worker, "slots");
        json.Copy("running", worker, "running");
        json.Copy("jobs_failed", worker, "failed");
        json.Copy("uptime_seconds", worker, "uptime");
        json.Copy("last_seen_at", worker, "last_seen_at");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
