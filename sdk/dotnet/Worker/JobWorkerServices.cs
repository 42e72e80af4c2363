using JobSystem.Worker.Binding;
using JobSystem.Worker.Bus;
using JobSystem.Worker.Control;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>For hosts with their own bus: a worker next to other services in one process. <see cref="JobWorker"/> does all of this itself.</summary>
public static class JobWorkerServices
{
    /// <summary>Adds a worker to the container. Further calls add tasks to the same worker.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Maps tasks and overrides settings; runs after the environment has been read.</param>
    public static IServiceCollection AddJobWorker(this IServiceCollection services, Action<JobWorkerOptions>? configure = null)
    {
        var options = services.AddOptions<JobWorkerOptions>();
        if (services.All(x => x.ServiceType != typeof(WorkerLifetime)))
        {
            options.Configure<IConfiguration>((x, configuration) => x.Read(configuration))
                .Validate(x => x.IsValid(), "Worker settings: the name has 1 to 100 characters, slots are 1 to 10,000, and no time is negative").ValidateOnStart();
            AddParts(services);
        }
        if (configure is not null)
        {
            options.Configure(configure);
        }
        return services;
    }

    /// <summary>Registers the worker's consumers. Call it inside <c>AddMassTransit</c>.</summary>
    public static IBusRegistrationConfigurator AddJobWorkerConsumers(this IBusRegistrationConfigurator bus)
    {
        // The worker's endpoints use handlers, not consumers: no scope per message. The call stands for the day when that changes
        ArgumentNullException.ThrowIfNull(bus);
        return bus;
    }

    /// <summary>Adds the worker's inbox to the bus. Call it while configuring the transport. Subscriptions to job queues are managed automatically.</summary>
    public static void ConfigureJobWorkerEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context) =>
        context.GetRequiredService<WorkerInbox>().Configure(bus);

    static void AddParts(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<WorkerIdentity>();
        services.AddSingleton<TaskCatalog>();
        services.AddSingleton<BusSender>();
        services.AddSingleton(x =>
            new SlotScheduler(x.GetRequiredService<IOptions<JobWorkerOptions>>().Value.Slots, x.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ReportSender>();
        services.AddSingleton<Attempts>();
        services.AddSingleton<Claims>();
        services.AddSingleton<ServedQueues>();
        services.AddSingleton<ITicketReceiver>(x => BrokerAddress.ReadOptional(x.GetRequiredService<IConfiguration>()) is { } broker
            ? ActivatorUtilities.CreateInstance<RabbitMqTicketReceiver>(x, broker)
            : ActivatorUtilities.CreateInstance<InMemoryTicketReceiver>(x));
        services.AddSingleton<ControlCommandHandler>();
        services.AddSingleton<WorkerInbox>();
        services.AddSingleton<HeartbeatLoop>();
        services.AddSingleton<StartupSummary>();
        services.AddSingleton<WorkerLifetime>();
        services.AddHostedService(x => x.GetRequiredService<WorkerLifetime>());
        services.AddHealthChecks().AddCheck<JobWorkerHealth>("job-worker", tags: ["ready"]);
        services.AddLogging(logging =>
        {
            logging.AddProvider(new JobLogProvider());
            // Kept whatever the console shows; the plumbing's own chatter is not the task's
            logging.AddFilter<JobLogProvider>(null, LogLevel.Information);
            logging.AddFilter<JobLogProvider>("Microsoft", LogLevel.Warning);
            logging.AddFilter<JobLogProvider>("System", LogLevel.Warning);
            logging.AddFilter<JobLogProvider>("MassTransit", LogLevel.Warning);
        });
        // A drain, the last words of tasks, and the last reports have to fit in
        services.AddOptions<HostOptions>().PostConfigure<IOptions<JobWorkerOptions>>((host, worker) =>
        {
            var needed = worker.Value.Drain + TimeSpan.FromSeconds(20);
            host.ShutdownTimeout = host.ShutdownTimeout < needed ? needed : host.ShutdownTimeout;
        });
    }
}
