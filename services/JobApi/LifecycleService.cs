using JobSystem.Contracts;
using JobSystem.JobApi.Attempts;
using JobSystem.JobApi.Background;
using JobSystem.JobApi.Broadcasts;
using JobSystem.JobApi.Bus;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Events;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.JobApi.Sessions;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Bus.Notifications;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;

namespace JobSystem.JobApi;

/// <summary>Registers the state machine, its event sources and its effects.</summary>
public static class LifecycleService
{
    public static IHostApplicationBuilder AddLifecycle(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        var isOnlyInstance = builder.Configuration.IsOnlyInstance();
        services.AddSettings<LifecycleOptions>(builder.Configuration);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<JobLifecycle>();
        services.AddSingleton<RecentJobCache>();
        services.AddSingleton<GroupCommitter>();
        services.AddSingleton<JobEffects>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<HeartbeatGaps>(provider, isOnlyInstance));
        services.AddSingleton<JobEventProcessor>();
        services.AddSingleton<DueJobSignal>();
        services.AddSingleton<WaitingJobs>();
        services.AddSingleton<AttemptRequests>();
        services.AddSingleton<PeerInstances>();
        services.AddSingleton<GrantSender>();
        services.AddSingleton<HeartbeatHandler>();
        services.AddSingleton<AttemptReports>();
        services.AddSingleton<WorkerSessions>();
        services.AddSingleton<SessionInboxes>();
        services.AddSingleton<SessionCommands>();
        services.AddSharedMessage<JobsWanted>();
        services.AddSharedMessage<JobsWaiting>();
        services.AddSharedMessage<WorkerLeft>();
        services.AddSharedMessage<SessionNotice>();
        services.AddSharedMessage<SessionAnswered>();
        services.AddSharedMessage<JobEvents>(onlyIfWanted: true);
        services.AddSingleton<BroadcastQueue>();
        services.AddSingleton<JobInserter>();
        services.AddSingleton<JobQueues>();
        services.AddDuty<DatabaseStartup>();
        services.AddDuty<DatabaseClock>();
        services.AddDuty<JobCompletionWaiter>();
        services.AddDuty<BroadcastRunner>();
        services.AddDuty<JobDispatcher>();
        services.AddDuty<JobEventPublisher>();
        services.AddDuty<WorkerMessenger>();
        services.AddDuty<DueJobPoller>();
        services.AddSingleton<QueueLimitCache>();
        services.AddDuty<RetentionKeeper>();
        services.AddDuty<RollupKeeper>();
        return builder;
    }

    public static void AddLifecycleConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<RequestAttemptsConsumer>();
        bus.AddConsumer<PeerInstancesConsumer>();
        bus.AddConsumer<ReportAttemptsConsumer>();
        bus.AddConsumer<EnqueueJobConsumer>();
        bus.AddConsumer<WorkerHeartbeatConsumer>();
        bus.AddConsumer<ListQueuesConsumer>();
    }

    public static void ConfigureLifecycleEndpoints(this IBusFactoryConfigurator configurator, IBusRegistrationContext context)
    {
        configurator.ReceiveEndpoint(new TemporaryEndpointDefinition("peers"), KebabCaseEndpointNameFormatter.Instance, endpoint =>
        {
            endpoint.PublishFaults = false;
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<PeerInstancesConsumer>(context);
        });
        configurator.ReceiveEndpoint(BusAddresses.Requests, endpoint =>
        {
            // Few at a time: other instances cannot answer what a frozen process has prefetched
            endpoint.ForMessagesOfExecutors(concurrency: 4);
            // They are renewed anyway
            endpoint.DiscardFaultedMessages();
            endpoint.ConfigureConsumer<RequestAttemptsConsumer>(context);
        });
        configurator.ReceiveEndpoint(BusAddresses.Lifecycle, endpoint =>
        {
            endpoint.ForMessagesOfExecutors(concurrency: 64);
            // Claims of executors of the previous version, which they repeat until an instance of that version answers
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<ReportAttemptsConsumer>(context);
            endpoint.ConfigureConsumer<EnqueueJobConsumer>(context);
        });
        configurator.ReceiveEndpoint(BusAddresses.Workers, endpoint =>
        {
            // One at a time: other instances cannot handle what a frozen process has prefetched, and a worker may lose its leases after two lost heartbeats
            endpoint.ForMessagesOfExecutors(concurrency: 1);
            endpoint.ConnectReceiveEndpointObserver(context.GetRequiredService<HeartbeatGaps>());
            endpoint.ConfigureConsumer<WorkerHeartbeatConsumer>(context);
            endpoint.ConfigureConsumer<ListQueuesConsumer>(context);
            endpoint.ConfigureConsumer<AnnounceTasksConsumer>(context);
        });
    }

    /// <summary>Messages with many items: while the database is unavailable they are retried without limit and never moved to an error queue.</summary>
    static void ForMessagesOfExecutors(this IReceiveEndpointConfigurator endpoint, int concurrency)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PrefetchCount = concurrency;
        endpoint.ConcurrentMessageLimit = concurrency;
        endpoint.PublishFaults = false;
        endpoint.UseMessageRetry(retry =>
        {
            retry.Handle<StoreUnavailableException>();
            retry.Handle<VersionConflictException>();
            retry.Exponential(int.MaxValue, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(200));
        });
    }
}
