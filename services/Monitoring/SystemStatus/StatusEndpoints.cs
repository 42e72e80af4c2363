using System.Text.Json;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>The system about itself, on all surfaces.</summary>
static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/health", Report).WithTags("System").WithName("GetHealth").WithSummary("How the system and its parts are").Needs(Permission.ViewJobs);
        app.MapGet("/api/v1/health/queues/{queueName}", Queue).WithTags("System").WithName("GetQueueHealth").WithSummary("How a queue is").Needs(Permission.ViewJobs);
        app.MapGet("/api/v1/metrics.json", Metrics).WithTags("System").WithName("GetMetrics").WithSummary("Figures of jobs, queues and workers as JSON").Needs(Permission.ViewJobs);
        app.MapGet("/jobs/info", Info).WithTags("Operations: system").WithName("OperationsGetInfo").WithSummary("What there is, and whether it is healthy").Needs(Permission.ViewJobs);
        app.MapGet("/jobs/health", Report).WithTags("Operations: system").WithName("OperationsGetHealth").WithSummary("How the system and its parts are").Needs(Permission.ViewJobs);
        app.MapGet("/jobs/metrics", Metrics).WithTags("Operations: system").WithName("OperationsGetMetrics").WithSummary("Figures of jobs, queues and workers").Needs(Permission.ViewJobs);
        app.MapGet("/api/jobs/health", Overview).WithTags("Publish: health").WithName("PublishGetHealth").WithSummary("How the system and its channels are").Needs(Permission.ViewJobs);
        app.MapGet("/api/jobs/health/{channel}", Channel).WithTags("Publish: health").WithName("PublishGetChannelHealth").WithSummary("How a channel is").Needs(Permission.ViewJobs);
    }

    static async Task<WrittenAnswer> Report(HttpContext http, SystemReports reports)
    {
        var report = await reports.Read(ApiCaller.Of(http));
        return new(json =>
        {
            json.WriteStartObject();
            json.WriteString("status"u8, report.Status);
            json.WriteString("message"u8, report.Message);
            json.WriteStartObject("checks"u8);
            foreach (var check in report.Checks)
            {
                Write(json, check);
            }
            json.WriteEndObject();
            json.WriteString("timestamp"u8, report.At.UtcDateTime);
            json.WriteEndObject();
        });
    }

    static void Write(Utf8JsonWriter json, Check check)
    {
        json.WriteStartObject(check.Name);
        json.WriteString("status"u8, check.Status);
        json.WriteString("message"u8, check.Message);
        json.WriteStartObject("details"u8);
        foreach (var (name, value) in check.Details)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Info(HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var report = await reports.Read(ApiCaller.Of(http));
        var schedules = await api.Get(ApiCaller.Of(http), "schedules?limit=1");
        if ((report.Stats.Fault ?? report.Workers.Fault ?? report.Queues.Fault ?? schedules.Fault) is { } fault)
        {
            return Problems.Unavailable($"Failed to get system information: {fault}");
        }
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("worker_count"u8, report.Workers.Items.Count(x => x.GetProperty("is_healthy"u8).GetBoolean()));
            json.WriteNumber("queue_count"u8, report.Queues.Total);
            json.WriteNumber("schedule_count"u8, schedules.Total);
            json.WriteNumber("total_jobs"u8, report.Stats.Json!.Value.GetProperty("total_jobs"u8).GetInt64());
            json.WriteString("health_status"u8, report.Status);
            json.WriteEndObject();
        });
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Metrics(HttpContext http, CanonicalReader api, TimeProvider time)
    {
        var (stats, workers, queues) = (await api.Get(ApiCaller.Of(http), "jobs/stats"), await api.Get(ApiCaller.Of(http), "workers?limit=1000"), await api.Get(ApiCaller.Of(http), "queues?limit=1000"));
        return (stats.Fault ?? workers.Fault ?? queues.Fault) is { } fault
            ? Problems.Unavailable($"Failed to get metrics: {fault}")
            : new WrittenAnswer(json => MetricsDocument.Write(json, stats.Json!.Value, workers, queues, time.GetUtcNow()));
    }

    static Task<Results<WrittenAnswer, ProblemHttpResult>> Queue(string queueName, HttpContext http, CanonicalReader api, SystemReports reports) =>
        One(queueName, wrapped: false, http, api, reports);

    static Task<Results<WrittenAnswer, ProblemHttpResult>> Channel(string channel, HttpContext http, CanonicalReader api, SystemReports reports) =>
        One(channel, wrapped: true, http, api, reports);

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> One(string name, bool wrapped, HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var report = await reports.Read(ApiCaller.Of(http));
        if (report.Queues.Fault is { } fault)
        {
            return Problems.Unavailable($"Failed to get health: {fault}");
        }
        var queue = report.Queues.Items.FirstOrDefault(x => x.GetProperty("name"u8).GetString() == name);
        if (queue.ValueKind == JsonValueKind.Undefined)
        {
            return Problems.NotFound($"Queue not found: {(name.Length <= 64 ? name : name[..64])}", "queue_not_found");
        }
        var write = await ChannelHealth.Of(queue, report, http, api);
        return new WrittenAnswer(wrapped ? json => Data(json, write) : write);
    }

    /// <summary>The busiest channels, each as its own page shows it.</summary>
    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Overview(HttpContext http, CanonicalReader api, SystemReports reports)
    {
        const int Most = 20;
        var report = await reports.Read(ApiCaller.Of(http));
        if (report.Queues.Fault is { } fault)
        {
            return Problems.Unavailable($"Failed to get health: {fault}");
        }
        var channels = new List<Action<Utf8JsonWriter>>();
        foreach (var queue in report.Queues.Items.OrderByDescending(x => x.GetProperty("size"u8).GetInt64() + x.GetProperty("running"u8).GetInt64()).Take(Most))
        {
            channels.Add(await ChannelHealth.Of(queue, report, http, api));
        }
        return new WrittenAnswer(json => Data(json, data =>
        {
            data.WriteStartObject();
            data.WriteString("status"u8, report.Status);
            data.WriteString("message"u8, report.Message);
            data.WriteStartArray("channels"u8);
            foreach (var write in channels)
            {
                write(data);
            }
            data.WriteEndArray();
            data.WriteStartObject("runners"u8);
            data.WriteNumber("active"u8, report.Workers.Items.Count(x => x.GetProperty("is_healthy"u8).GetBoolean()));
            data.WriteNumber("total"u8, report.Workers.Total);
            data.WriteEndObject();
            data.WriteEndObject();
        }));
    }

    static void Data(Utf8JsonWriter json, Action<Utf8JsonWriter> write)
    {
        json.WriteStartObject();
        json.WriteBoolean("status"u8, true);
        json.WritePropertyName("data"u8);
        write(json);
        json.WriteEndObject();
    }
}
