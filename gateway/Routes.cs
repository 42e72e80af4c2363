using JobSystem.Gateway.Backends;
using JobSystem.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.LoadBalancing;

namespace JobSystem.Gateway;

/// <summary>Which path goes to which service; everything else is 404.</summary>
internal static class Routes
{
    public const string JobApi = "jobapi";
    public const string JobApiWaiting = "jobapi-waiting";
    private const string Scheduler = "scheduler";
    private const string Monitoring = "monitoring";
    private const long BatchBody = 16 * 1024 * 1024;
    private const double PatienceSeconds = 15;
    // calls that answer when a job is done; longer than the longest wait that the services accept
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(15);

    public static (RouteConfig[] Routes, ClusterConfig[] Clusters) From(IConfiguration configuration)
    {
        var jobApi = Addresses(configuration, "JOBSYSTEM_JOBAPI_URLS");
        if (jobApi.Length == 0)
        {
            throw new SettingException("JOBSYSTEM_JOBAPI_URLS is not set. It is a comma separated list of the job API's instances, such as http://jobapi-1:8080.");
        }

        var patience = configuration.Seconds("JOBSYSTEM_GATEWAY_TIMEOUT_SECONDS", PatienceSeconds);
        ClusterConfig[] clusters =
        [
            Cluster(JobApi, jobApi, patience),
            Cluster(JobApiWaiting, jobApi, LongPatience),
            Cluster(Scheduler, Addresses(configuration, "JOBSYSTEM_SCHEDULER_URLS"), patience),
            Cluster(Monitoring, Addresses(configuration, "JOBSYSTEM_MONITORING_URLS"), patience),
        ];
        return (Table(), clusters);
    }

    private static RouteConfig[] Table() =>
    [
        Route("batch", "/api/v1/jobs/batch", JobApi) with { MaxRequestBodySize = BatchBody },
        Route("run-sync", "/api/v1/jobs/run-sync", JobApiWaiting),
        Route("wait", "/api/v1/jobs/{id}/wait", JobApiWaiting),
        Route("jobs", "/api/v1/jobs/{**rest}", JobApi),
        Route("tasks", "/api/v1/tasks/{**rest}", JobApi),
        Route("schedules", "/api/v1/schedules/{**rest}", Scheduler),
        Route("workers", "/api/v1/workers/{**rest}", Monitoring),
        Route("info", "/api/v1/info", Monitoring),
        Route("health", "/api/v1/health/{**rest}", Monitoring),
    ];

    private static RouteConfig Route(string id, string path, string cluster) =>
        new() { RouteId = id, ClusterId = cluster, Match = new() { Path = path }, MaxRequestBodySize = ServiceDefaultsExtensions.MaxRequestBody };

    private static ClusterConfig Cluster(string id, string[] addresses, TimeSpan patience) => new()
    {
        ClusterId = id,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = addresses.ToDictionary(address => address, address => new DestinationConfig { Address = address }),
        HttpRequest = new ForwarderRequestConfig { Version = new(1, 1), VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = patience },
        HealthCheck = new()
        {
            AvailableDestinationsPolicy = AnsweringDestinationsPolicy.PolicyName,
            Active = new() { Enabled = true, Path = "/health/ready", Interval = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(2), Policy = ReadinessPolicy.PolicyName },
            Passive = new() { Enabled = true, Policy = RefusedConnectionPolicy.PolicyName, ReactivationPeriod = TimeSpan.FromSeconds(3) },
        },
    };

    private static string[] Addresses(IConfiguration configuration, string setting) => configuration.List(setting) switch
    {
        var list when list.FirstOrDefault(text => !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) is { } wrong =>
            throw new SettingException($"{setting} contains '{wrong}', which is not an http:// or https:// address."),
        var list => [.. list.Distinct()],
    };
}
