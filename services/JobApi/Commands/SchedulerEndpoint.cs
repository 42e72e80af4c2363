using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Commands;

/// <summary>The queue on which the Scheduler hands over jobs and asks questions.</summary>
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
            // Whoever asked has long given up when the database comes back, and asks again: an unanswered question is no error
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<ScheduledJobsConsumer>(context);
            endpoint.ConfigureConsumer<FindTaskConsumer>(context);
            endpoint.ConfigureConsumer<AskJobStatesConsumer>(context);
        });
}
