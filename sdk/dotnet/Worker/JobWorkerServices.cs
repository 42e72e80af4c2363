using JobSystem.Client;
using JobSystem.Client.Enqueueing;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Control;
using JobSystem.Worker.Http;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>Adds a worker to a host, for example next to other services in one process. <see cref="JobWorker"/> does all of this itself.</summary>
public static class JobWorkerServices
{
    /// <summary>
    /// Adds a worker to the container. It joins over HTTP (<c>JOBSYSTEM_URL</c>, <c>JOBSYSTEM_API_KEY</c>), unless a transport of another package is
    /// added. Further calls add tasks to the same worker.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Maps tasks and overrides settings. Called after the configuration has been read. Default: nothing.</param>
    public static IServiceCollection AddJobWorker(this IServiceCollection services, Action<JobWorkerOptions>? configure = null)
    {
        var options = services.AddOptions<JobWorkerOptions>();
        if (services.All(x => x.ServiceType != typeof(WorkerLifetime)))
        {
            options.Configure<IConfiguration>((x, configuration) => x.Read(configuration))
                .Validate(
                    x => x.IsValid(), "Worker settings: the name has 1 to 100 characters, slots are 1 to 10,000, and no time is negative")
                .ValidateOnStart();
            AddParts(services);
        }
        if (configure is not null)
        {
            options.Configure(configure);
        }
        return services;
    }

    static void AddParts(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerIdentity>();
        services.AddSingleton<TaskCatalog>();
        services.TryAddSingleton<WorkerClient>();
        services.TryAddSingleton<IWorkerTransport, HttpTransport>();
        services.AddSingleton<ReportSender>();
        services.AddSingleton<EnqueueSender>();
        services.AddSingleton(provider => new JobWriter(new JobSystemClientOptions(), provider));
        services.AddSingleton<Attempts>();
        services.AddSingleton<Prefetch>();
        services.AddSingleton<ServedQueues>();
        services.AddSingleton<AttemptRequests>();
        services.AddSingleton<RequestSender>();
        services.AddSingleton<ControlCommandHandler>();
        services.AddSingleton<WorkerInbox>();
        services.AddSingleton<HeartbeatLoop>();
        services.AddSingleton<StartupSummary>();
        services.AddSingleton<WorkerLifetime>();
        services.AddHostedService(x => x.GetRequiredService<WorkerLifetime>());
        services.AddHealthChecks().AddCheck<JobWorkerHealth>("job-worker", tags: ["ready"]);
        services.AddLogging(JobLogProvider.AddTo);
        // The host has to wait for the drain, for tasks that stop, and for the last reports
        services.AddOptions<HostOptions>().PostConfigure<IOptions<JobWorkerOptions>>((host, worker) =>
        {
            var needed = worker.Value.Drain + TimeSpan.FromSeconds(20);
            host.ShutdownTimeout = host.ShutdownTimeout < needed ? needed : host.ShutdownTimeout;
        });
    }
}
