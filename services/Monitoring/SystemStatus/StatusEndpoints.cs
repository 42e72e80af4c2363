using JobSystem.Api;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>The system's information, health and metrics on all surfaces.</summary>
static class StatusEndpoints
{
    const int MostChannels = 20;

    // Each channel takes two calls
    const int ChannelsAtOnce = 5;

    public static void MapStatus(this IEndpointRouteBuilder app)
    {
        var system = app.MapGroup("/api/v1").WithTags("System");
        system.MapGet("/info", GetInfo).WithName("GetInfo")
            .WithSummary("Product, version, the service that answers, and what there is").RequireCaller();
        system.MapGet("/health", GetHealth).WithName("GetHealth")
            .WithSummary("How the system and its parts are").RequirePermission(Permission.ViewJobs);
        system.MapGet("/health/queues/{queueName}", GetQueueHealth).WithName("GetQueueHealth")
            .WithSummary("How a queue is").RequirePermission(Permission.ViewJobs);
        system.MapGet("/metrics.json", GetMetrics).WithName("GetMetrics")
            .WithSummary("Figures of jobs, queues and workers as JSON").RequirePermission(Permission.ViewJobs);

        var operations = app.MapGroup("/jobs").WithTags("Operations: system").RequirePermission(Permission.ViewJobs);
        operations.MapGet("/info", GetOperationsInfo).WithName("OperationsGetInfo").WithSummary("What there is, and whether it is healthy");
        operations.MapGet("/health", GetHealth).WithName("OperationsGetHealth").WithSummary("How the system and its parts are");
        operations.MapGet("/metrics", GetMetrics).WithName("OperationsGetMetrics").WithSummary("Figures of jobs, queues and workers");

        var publish = app.MapGroup("/api/jobs/health").WithTags("Publish: health").RequirePermission(Permission.ViewJobs);
        publish.MapGet("", GetOverview).WithName("PublishGetHealth").WithSummary("How the system and its channels are");
        publish.MapGet("/{channel}", GetChannelHealth).WithName("PublishGetChannelHealth").WithSummary("How a channel is");
    }

    static async Task<RecordAnswer<SystemHealth>> GetHealth(HttpContext http, SystemReports reports)
    {
        var report = await reports.Read(ApiCaller.FromRequest(http));
        var health = new SystemHealth
        {
            Status = report.Status,
            Message = report.Message,
            Checks = report.Checks.ToDictionary(
                x => x.Name, x => new SystemHealthCheck { Status = x.Status, Message = x.Message, Details = x.Details }),
            Timestamp = report.At,
        };
        return new(health, ApiJson.Default.SystemHealth);
    }

    /// <summary>The counts are for callers who may see everything; they are null for others, and for a part that did not answer.</summary>
    static async Task<RecordAnswer<SystemInfo>> GetInfo(
        HttpContext http, ServiceInfo service, CallerScope viewer, CanonicalReader api, SystemReports reports)
    {
        (SystemReport? Report, Reading<Page<Schedule>>? Schedules) found = viewer.SeesAll ? await ReadCounts(http, api, reports) : default;
        var counts = Count(found.Report, found.Schedules);
        var info = new SystemInfo
        {
            Product = service.Product,
            Version = service.Version,
            Service = service.Service,
            WorkerCount = counts.WorkerCount,
            QueueCount = counts.QueueCount,
            ScheduleCount = counts.ScheduleCount,
            TotalJobs = counts.TotalJobs,
            HealthStatus = counts.HealthStatus,
        };
        return new(info, ApiJson.Default.SystemInfo);
    }

    static async Task<Results<RecordAnswer<OperationsInfo>, ProblemHttpResult>> GetOperationsInfo(
        HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var (report, schedules) = await ReadCounts(http, api, reports);
        return (report.Stats.Fault ?? report.Workers.Fault ?? report.Queues.Fault ?? schedules.Fault) is { } fault
            ? Problems.Unavailable($"Failed to get system information: {fault}")
            : new RecordAnswer<OperationsInfo>(Count(report, schedules), DialectJson.Default.OperationsInfo);
    }

    static async Task<(SystemReport Report, Reading<Page<Schedule>> Schedules)> ReadCounts(
        HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var caller = ApiCaller.FromRequest(http);
        var schedules = api.Get<Page<Schedule>>(caller, "schedules?limit=1");
        return (await reports.Read(caller), await schedules);
    }

    static OperationsInfo Count(SystemReport? report, Reading<Page<Schedule>>? schedules) => new(
        report?.Workers.Value?.Items.Count(x => x.IsHealthy), report?.Queues.Value?.Total, schedules?.Value?.Total,
        report?.Stats.Value?.TotalJobs, report?.Status);

    static async Task<Results<RecordAnswer<MetricsDocument>, ProblemHttpResult>> GetMetrics(HttpContext http, CanonicalReader api, TimeProvider time)
    {
        var caller = ApiCaller.FromRequest(http);
        var reading = (
            Stats: api.Get<JobStats>(caller, "jobs/stats"),
            Totals: api.Get<Listing<TaskTotals>>(caller, "history/totals?limit=1000"),
            Workers: api.Get<Listing<WorkerProcess>>(caller, "workers?limit=1000"),
            Queues: api.Get<Listing<Queue>>(caller, "queues?limit=1000"));
        var (stats, totals, workers, queues) = (await reading.Stats, await reading.Totals, await reading.Workers, await reading.Queues);
        return (stats.Fault ?? totals.Fault ?? workers.Fault ?? queues.Fault) is { } fault
            ? Problems.Unavailable($"Failed to get metrics: {fault}")
            : new RecordAnswer<MetricsDocument>(
                MetricsReport.Build(stats.Value!, totals.Items(), workers.Items(), queues.Items(), time.GetUtcNow()), ApiJson.Default.MetricsDocument);
    }

    static async Task<Results<RecordAnswer<QueueHealth>, ProblemHttpResult>> GetQueueHealth(
        string queueName, HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var (health, problem) = await ReadQueueHealth(queueName, http, api, reports);
        return health is null ? problem! : new RecordAnswer<QueueHealth>(health, ApiJson.Default.QueueHealth);
    }

    static async Task<Results<RecordAnswer<ChannelHealthData>, ProblemHttpResult>> GetChannelHealth(
        string channel, HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var (health, problem) = await ReadQueueHealth(channel, http, api, reports);
        return health is null ? problem! : new RecordAnswer<ChannelHealthData>(new(true, health), DialectJson.Default.ChannelHealthData);
    }

    static async Task<(QueueHealth? Health, ProblemHttpResult? Problem)> ReadQueueHealth(
        string name, HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var caller = ApiCaller.FromRequest(http);
        var report = await reports.Read(caller);
        if (report.Queues.Fault is { } fault)
        {
            return (null, Problems.Unavailable($"Failed to get health: {fault}"));
        }
        return report.Queues.Items().FirstOrDefault(x => x.Name == name) is { } queue
            ? (await QueueHealthReader.Read(queue, report, caller, api), null)
            : (null, Problems.NotFound($"Queue not found: {(name.Length <= 64 ? name : name[..64])}", "queue_not_found"));
    }

    /// <summary>The busiest channels, each as its own page shows it.</summary>
    static async Task<Results<RecordAnswer<ChannelOverviewData>, ProblemHttpResult>> GetOverview(
        HttpContext http, CanonicalReader api, SystemReports reports)
    {
        var caller = ApiCaller.FromRequest(http);
        var report = await reports.Read(caller);
        if (report.Queues.Fault is { } fault)
        {
            return Problems.Unavailable($"Failed to get health: {fault}");
        }
        var busiest = report.Queues.Items().OrderByDescending(x => x.Size + x.Running).Take(MostChannels).ToList();
        var channels = new QueueHealth[busiest.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ChannelsAtOnce, CancellationToken = http.RequestAborted };
        await Parallel.ForAsync(
            0, busiest.Count, parallel, async (n, _) => channels[n] = await QueueHealthReader.Read(busiest[n], report, caller, api));
        var runners = new QueueHealthRunners { Active = report.Workers.Items().Count(x => x.IsHealthy), Total = report.Workers.Total() };
        var overview = new ChannelOverview(report.Status, report.Message, channels, runners);
        return new RecordAnswer<ChannelOverviewData>(new(true, overview), DialectJson.Default.ChannelOverviewData);
    }
}
