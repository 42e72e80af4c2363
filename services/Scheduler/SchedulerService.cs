using MassTransit;

namespace JobSystem.Scheduler;

/// <summary>The process that schedules will live in. So far it answers health only: there are no schedules yet, and their addresses answer 404.</summary>
public static class SchedulerService
{
    public static WebApplicationBuilder AddScheduler(this WebApplicationBuilder builder) => builder;

    public static void AddSchedulerConsumers(this IBusRegistrationConfigurator bus)
    {
        // consumes nothing yet
    }

    public static void ConfigureSchedulerEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context)
    {
        // listens to nothing yet
    }

    public static void MapScheduler(this IEndpointRouteBuilder app)
    {
        // no addresses yet
    }
}
