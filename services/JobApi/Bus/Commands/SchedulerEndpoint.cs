using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>The endpoint for the Scheduler's jobs and requests.</summary>
static class SchedulerEndpoint
{
    const int Concurrency = 16;

    public static void AddSchedulerCommandConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<ScheduledJobsConsumer>();
        bus.AddConsumer<FindTaskConsumer>();
        bus.AddConsumer<AskJobStatesConsumer>();
    }

    public static void ConfigureSchedulerCommands(this IBusFactoryConfigurator configurator, IBusRegistrationContext context) =>
        configurator.ReceiveEndpoint(BusAddresses.ScheduledJobs, endpoint =>
        {
            endpoint.PrefetchCount = Concurrency;
            endpoint.ConcurrentMessageLimit = Concurrency;
            // The requester times out and repeats the request, so this is not an error
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<ScheduledJobsConsumer>(context);
            endpoint.ConfigureConsumer<FindTaskConsumer>(context);
            endpoint.ConfigureConsumer<AskJobStatesConsumer>(context);
        });
}
