using System.Text.Json;
using JobSystem.Api;
using JobSystem.ServiceDefaults.Dialects;

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
        var answer = await api.Call<Listing<WorkerProcess>>(http, JobApiOperations.ListWorkers, query: new QueryString("?limit=1000"));
        return answer.Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var worker in page.Items)
            {
                Write(json, worker);
            }
            json.WriteEndArray();
        });
    }

    static async Task<IResult> Get(string workerName, HttpContext http, CanonicalApi api) =>
        (await api.Call<WorkerProcess>(http, JobApiOperations.GetWorker, route: ("workerId", workerName))).Translate(Write);

    static void Write(Utf8JsonWriter json, WorkerProcess worker)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, worker.Name);
        json.WriteString("status"u8, worker.Status);
        json.WriteTexts("queue_names", worker.Queues);
        json.WriteString("current_job_id"u8, worker.Attempts.Count > 0 ? worker.Attempts[0].JobId : null);
        json.WriteNumber("jobs_processed"u8, worker.Processed);
        json.WriteBoolean("is_healthy"u8, worker.IsHealthy);
        json.WriteStartObject("details"u8);
        json.WriteString("id"u8, worker.Id);
        json.WriteString("host"u8, worker.Host);
        json.WriteString("version"u8, worker.Version);
        json.WriteNumber("concurrency"u8, worker.Slots);
        json.WriteNumber("running"u8, worker.Running);
        json.WriteNumber("jobs_failed"u8, worker.Failed);
        json.WriteNumber("uptime_seconds"u8, worker.Uptime);
        json.WriteTime("last_seen_at", worker.LastSeenAt);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
