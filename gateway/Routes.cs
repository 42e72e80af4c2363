using JobSystem.Gateway.Backends;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Configuration;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;

namespace JobSystem.Gateway;

/// <summary>Maps paths to services; everything else is 404.</summary>
static class Routes
{
    public const string JobApi = "jobapi";
    public const string JobApiWaiting = "jobapi-waiting";
    public const string JobApiStreams = "jobapi-streams";
    public const string Scheduler = "scheduler";
    public const string Monitoring = "monitoring";
    const int Body = (int)ServiceDefaultsExtensions.MaxRequestBody;
    const int BatchBody = 16 * 1024 * 1024;
    const double TimeoutSeconds = 15;
    const double WaitSeconds = 300;
    const double HeartbeatSeconds = 15;

    public static (RouteConfig[] Routes, ClusterConfig[] Clusters) From(IConfiguration configuration)
    {
        var jobApi = Addresses(configuration, "JOBSYSTEM_JOBAPI_URLS");
        if (jobApi.Length == 0)
        {
            throw new SettingException(
                "JOBSYSTEM_JOBAPI_URLS is not set. It is a comma separated list of the job API's instances, such as http://jobapi-1:8080.");
        }

        var timeout = configuration.Seconds("JOBSYSTEM_GATEWAY_TIMEOUT_SECONDS", TimeoutSeconds);
        // Calls that wait for a job, a worker or an empty queue: the longest wait of the services, plus a margin
        var waitTimeout = configuration.Seconds("JOBSYSTEM_LIMIT_WAIT_SECONDS", WaitSeconds) + TimeSpan.FromSeconds(TimeoutSeconds);
        // An open stream sends nothing between two heartbeats; after four missing heartbeats the instance counts as gone
        var streamTimeout = 4 * configuration.Seconds("JOBSYSTEM_STREAM_HEARTBEAT_SECONDS", HeartbeatSeconds);
        ClusterConfig[] clusters =
        [
            Cluster(JobApi, jobApi, timeout),
            Cluster(JobApiWaiting, jobApi, waitTimeout),
            Cluster(JobApiStreams, jobApi, streamTimeout),
            Cluster(Scheduler, Addresses(configuration, "JOBSYSTEM_SCHEDULER_URLS"), timeout),
            Cluster(Monitoring, Addresses(configuration, "JOBSYSTEM_MONITORING_URLS"), timeout),
        ];
        var body = configuration.Number("JOBSYSTEM_LIMIT_BODY_BYTES", Body);
        var batchBody = configuration.Number("JOBSYSTEM_LIMIT_BATCH_BYTES", BatchBody);
        return (Table(body, batchBody), clusters);
    }

    static RouteConfig[] Table(long body, long batch) =>
    [
        Route("batch", "/api/v1/jobs/batch", JobApi, batch),
        Route("run-sync", "/api/v1/jobs/run-sync", JobApiWaiting, body),
        Route("wait", "/api/v1/jobs/{id}/wait", JobApiWaiting, body),
        Route("job-stream", "/api/v1/jobs/{id}/stream", JobApiStreams, body),
        Route("event-stream", "/api/v1/events/stream", JobApiStreams, body),
        Route("jobs", "/api/v1/jobs/{**rest}", JobApi, body),
        Route("tasks", "/api/v1/tasks/{**rest}", JobApi, body),
        Route("schedule-jobs", "/api/v1/schedules/{id}/jobs", JobApi, body),
        Route("schedules", "/api/v1/schedules/{**rest}", Scheduler, body),
        Route("api-keys", "/api/v1/api-keys/{**rest}", JobApi, body),
        Route("audit-verify", "/api/v1/audit/verify", JobApiWaiting, body),
        Route("audit", "/api/v1/audit/{**rest}", JobApi, body),
        Route("queues", "/api/v1/queues/{**rest}", JobApiWaiting, body),
        Route("workers", "/api/v1/workers/{**rest}", JobApiWaiting, body),
        Route("worker-sessions", "/api/v1/worker-sessions/{**rest}", JobApiWaiting, batch),
        Route("history", "/api/v1/history/{**rest}", JobApi, body),
        Route("failures", "/api/v1/failures", JobApi, body),
        Route("alerts", "/api/v1/alerts", Monitoring, body),
        Route("prometheus", "/metrics", Monitoring, body),
        Route("metrics", "/api/v1/metrics.json", Monitoring, body),
        Route("operations-info", "/jobs/info", Monitoring, body),
        Route("operations-health", "/jobs/health", Monitoring, body),
        Route("operations-metrics", "/jobs/metrics", Monitoring, body),
        Route("publish-health", "/api/jobs/health/{**rest}", Monitoring, body),
        Route("operations-jobs", "/jobs/{**rest}", JobApiWaiting, body),
        Route("operations-workers", "/workers/{**rest}", JobApi, body),
        Route("operations-schedules", "/schedules/{**rest}", Scheduler, body),
        Route("publish", "/api/jobs/{**rest}", JobApiWaiting, body),
        Route("info", "/api/v1/info", Monitoring, body),
        Route("me", "/api/v1/me", Monitoring, body),
        Route("dashboard", "/ui/{**rest}", Monitoring, body),
        Route("icon", "/favicon.ico", Monitoring, body),
        Route("health", "/api/v1/health/{**rest}", Monitoring, body),
    ];

    static RouteConfig Route(string id, string path, string cluster, long body) =>
        new() { RouteId = id, ClusterId = cluster, Match = new() { Path = path }, MaxRequestBodySize = body };

    static ClusterConfig Cluster(string id, string[] addresses, TimeSpan timeout) => new()
    {
        ClusterId = id,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = addresses.ToDictionary(address => address, address => new DestinationConfig { Address = address }),
        HttpRequest = new ForwarderRequestConfig
        {
            Version = new(1, 1),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = timeout,
        },
        HealthCheck = new()
        {
            AvailableDestinationsPolicy = AnsweringDestinationsPolicy.PolicyName,
            Active = new()
            {
                Enabled = true,
                Path = "/health/ready",
                Interval = TimeSpan.FromSeconds(2),
                Timeout = TimeSpan.FromSeconds(2),
                Policy = ReadinessPolicy.PolicyName,
            },
            Passive = new() { Enabled = true, Policy = RefusedConnectionPolicy.PolicyName, ReactivationPeriod = TimeSpan.FromSeconds(3) },
        },
    };

    static string[] Addresses(IConfiguration configuration, string setting) => configuration.List(setting) switch
    {
        var list when list.FirstOrDefault(text => !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")) is { } wrong =>
            throw new SettingException($"{setting} contains '{wrong}', which is not an http:// or https:// address."),
        var list => [.. list.Distinct()],
    };
}
