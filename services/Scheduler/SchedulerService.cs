using JobSystem.Contracts;
using JobSystem.Scheduler.Dialects;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Schedules;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Health;
using MassTransit;

namespace JobSystem.Scheduler;

/// <summary>Composition of the Scheduler. The host process calls these methods, and owns the bus.</summary>
public static class SchedulerService
{
    const int OutcomePrefetch = 16;

    public static WebApplicationBuilder AddScheduler(this WebApplicationBuilder builder)
    {
        builder.AddScheduleStore();
        var services = builder.Services;
        builder.AddFiring(services.AddSettings<SchedulerOptions>(builder.Configuration));
        services.AddSettings<ScheduleLimits>(builder.Configuration);
        services.AddApiDescription(typeof(SchedulerService).Assembly);
        services.AddSingleton<ScheduleReader>();
        services.AddSingleton<ScheduleChanges>();
        services.AddSingleton<ScheduleTasks>();
        services.AddApiKeyClient<ApiKeyClient>();
        services.AddDuty<AuditMessages>();
        services.AddAuditMessages<AuditMessages>();
        services.AddReadyCheck("schedules", (provider, ct) => provider.GetRequiredService<ScheduleStore>().NextDue(ct));
        return builder;
    }

    public static void AddSchedulerConsumers(this IBusRegistrationConfigurator bus) => bus.AddConsumer<ScheduledJobsEndedConsumer>();

    public static void ConfigureSchedulerEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context) =>
        bus.ReceiveEndpoint(BusAddresses.ScheduleOutcomes, endpoint =>
        {
            endpoint.PrefetchCount = OutcomePrefetch;
            // One at a time: each message has many jobs, and two concurrent ones could deadlock on their rows
            endpoint.ConcurrentMessageLimit = 1;
            // Lost messages are recovered later
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<ScheduledJobsEndedConsumer>(context);
        });

    public static void MapScheduler(this IEndpointRouteBuilder app)
    {
        app.MapGroup("/api/v1").Audited().MapSchedules();
        app.MapOperationsSchedules();
    }
}
