using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>The endpoints for commands of other services, as MassTransit envelopes or raw JSON, sent or published.</summary>
static class CommandEndpoints
{
    const int Concurrency = 128;

    public static void AddCommandConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddSingleton<CommandAudit>();
        bus.AddSingleton<CommandHandler>();
        bus.AddSingleton<CommandReplySender>();
        bus.AddConsumer<SubmitJobConsumer>();
        bus.AddConsumer<CancelJobConsumer>();
        bus.AddConsumer<RetryJobConsumer>();
        bus.AddSchedulerCommandConsumers();
    }

    public static void ConfigureCommandEndpoints(this IBusFactoryConfigurator configurator, IBusRegistrationContext context)
    {
        configurator.Command<SubmitJob, SubmitJobBody, SubmitJobConsumer>(context, BusAddresses.SubmitJob);
        configurator.Command<CancelJob, CancelJobBody, CancelJobConsumer>(context, BusAddresses.CancelJob);
        configurator.Command<RetryJob, RetryJobBody, RetryJobConsumer>(context, BusAddresses.RetryJob);
        configurator.ConfigureSchedulerCommands(context);
    }

    static void Command<TContract, TBody, TConsumer>(this IBusFactoryConfigurator configurator, IBusRegistrationContext context, string queue)
        where TContract : class
        where TBody : class
        where TConsumer : class, IConsumer
    {
        // What is published under the contract's name has to arrive too; how that name becomes an exchange depends on the transport
        var exchange = configurator.MessageTopology.GetMessageTopology<TContract>().EntityName;
        configurator.Message<TBody>(topology => topology.SetEntityName(exchange));
        configurator.ReceiveEndpoint(queue, endpoint =>
        {
            var guard = ActivatorUtilities.CreateInstance<UnreadableCommandFilter>(context, queue, MessageUrn.ForTypeString<TBody>());
            endpoint.PrefetchCount = Concurrency;
            endpoint.ConcurrentMessageLimit = Concurrency;
            endpoint.UseRawJsonDeserializer(RawSerializerOptions.AnyMessageType, isDefault: true);
            endpoint.ConfigureReceive(receive => receive.UseFilter(guard));
            // Messages dropped by the filter must not be moved to the skipped queue
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<TConsumer>(context);
        });
    }
}
