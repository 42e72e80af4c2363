using System.Text.Json;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>The system about itself, on all surfaces.</summary>
static class StatusEndpoints
{
    public static void MapStatus(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/info", About)
            .WithTags("System").WithName("GetInfo").WithSummary("Product, version, the service that answers, and what there is").RequireCaller();
        app.MapGet("/api/v1/health", Report).WithTags("System").WithName("GetHealth").WithSummary("How the system and its parts are").RequirePermission(Permission.ViewJobs);
        app.MapGet("/api/v1/health/queues/{queueName}", Queue).WithTags("System").WithName("GetQueueHealth").WithSummary("How a queue is").RequirePermission(Permission.ViewJobs);
        app.MapGet("/api/v1/metrics.json", Metrics).WithTags("System").WithName("GetMetrics").WithSummary("Figures of jobs, queues and workers as JSON").RequirePermission(Permission.ViewJobs);
        app.MapGet("/jobs/info", Info).WithTags("Operations: system").WithName("OperationsGetInfo").WithSummary("What there is, and whether it is healthy").RequirePermission(Permission.ViewJobs);
        app.MapGet("/jobs/health", Report).WithTags("Operations: system").WithName("OperationsGetHealth").WithSummary("How the system and its parts are").RequirePermission(Permission.ViewJobs);
        app.MapGet("/jobs/metrics", Metrics).WithTags("Operations: system").WithName("OperationsGetMetrics").WithSummary("Figures of jobs, queues and workers").RequirePermission(Permission.ViewJobs);
        app.MapGet("/api/jobs/health", Overview).WithTags("Publish: health").WithName("PublishGetHealth").WithSummary("How the system and its channels are").RequirePermission(Permission.ViewJobs);
        app.MapGet("/api/jobs/health/{channel}", Channel).WithTags("Publish: health").WithName("PublishGetChannelHealth").WithSummary("How a channel is").RequirePermission(Permission.ViewJobs);
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

    /// <summary>Counts are for those who may see everything; they are null for others, and where nobody answered.</summary>
    static async Task<WrittenAnswer> About(HttpContext http, ServiceInfo info, CallerScope viewer, CanonicalReader api, SystemReports reports)
    {
        (SystemReport? Report, Reading? Schedules) found = viewer.SeesAll ? await Ask(http, api, reports) : default;
        return new(json =>
        {
            json.WriteStartObject();
            json.WriteString("product"u8, info.Product);
            json.WriteString("version"u8, info.Version);
            json.WriteString("service"u8, info.Service);
            WriteCounts(json, found.Report, found.Schedules);
            json.WriteEndObject();
        });
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Info(HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var (report, schedules) = await Ask(http, api, reports);
        if ((report.Stats.Fault ?? report.Workers.Fault ?? report.Queues.Fault ?? schedules.Fault) is { } fault)
        {
            return Problems.Unavailable($"Failed to get system information: {fault}");
        }
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            WriteCounts(json, report, schedules);
            json.WriteEndObject();
        });
    }

    static async Task<(SystemReport Report, Reading Schedules)> Ask(HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var schedules = api.Get(ApiCaller.Of(http), "schedules?limit=1");
        return (await reports.Read(ApiCaller.Of(http)), await schedules);
    }

    static void WriteCounts(Utf8JsonWriter json, SystemReport? report, Reading? schedules)
    {
        WriteCount(json, "worker_count", report?.Workers.Json is null ? null : report.Workers.Items.Count(x => x.GetProperty("is_healthy"u8).GetBoolean()));
        WriteCount(json, "queue_count", report?.Queues.Json is null ? null : report.Queues.Total);
        WriteCount(json, "schedule_count", schedules?.Json is null ? null : schedules.Total);
        WriteCount(json, "total_jobs", report?.Stats.Json?.GetProperty("total_jobs"u8).GetInt64());
        json.WriteString("health_status"u8, report?.Status);
    }

    static void WriteCount(Utf8JsonWriter json, string name, long? count)
    {
        if (count is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Metrics(HttpContext http, CanonicalReader api, TimeProvider time)
    {
        var caller = ApiCaller.Of(http);
        var answers = await Task.WhenAll(
            api.Get(caller, "jobs/stats"), api.Get(caller, "history/totals?limit=1000"), api.Get(caller, "workers?limit=1000"), api.Get(caller, "queues?limit=1000"));
        return answers.FirstOrDefault(x => x.Fault is not null) is { Fault: { } fault }
            ? Problems.Unavailable($"Failed to get metrics: {fault}")
            : new WrittenAnswer(json => MetricsDocument.Write(json, answers[0].Json!.Value, answers[1], answers[2], answers[3], time.GetUtcNow()));
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
        // Each channel asks twice
        const int AtOnce = 5;
        var report = await reports.Read(ApiCaller.Of(http));
        if (report.Queues.Fault is { } fault)
        {
            return Problems.Unavailable($"Failed to get health: {fault}");
        }
        var busiest = report.Queues.Items
            .OrderByDescending(x => x.GetProperty("size"u8).GetInt64() + x.GetProperty("running"u8).GetInt64()).Take(Most).ToList();
        var channels = new Action<Utf8JsonWriter>[busiest.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = http.RequestAborted };
        await Parallel.ForAsync(0, busiest.Count, parallel, async (n, _) => channels[n] = await ChannelHealth.Of(busiest[n], report, http, api));
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
