using JobSystem.Worker.RabbitMQ;
using JobSystem.Worker.Transport;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobSystem.Worker;

/// <summary>Connects a worker through RabbitMQ instead of HTTP.</summary>
public static class RabbitMqWorker
{
    /// <summary>
    /// Connects the worker through RabbitMQ. The broker's address is read from <c>JOBSYSTEM_RABBITMQ</c>: <c>amqp://user:password@host:port/vhost</c>, or
    /// <c>amqps://</c>. If it is missing or not understood, <see cref="JobWorker.RunAsync"/> says so.
    /// </summary>
    /// <param name="worker">The worker.</param>
    public static JobWorkerBuilder UseRabbitMq(this JobWorkerBuilder worker)
    {
        ArgumentNullException.ThrowIfNull(worker);
        worker.Transport = configuration =>
        {
            var broker = BrokerAddress.Read(configuration);
            worker.Services.AddJobWorkerBus();
            worker.Services.AddMassTransit(bus =>
            {
                bus.DisableUsageTelemetry();
                bus.UsingRabbitMq((context, rabbit) =>
                {
                    broker.Apply(rabbit);
                    rabbit.ConfigureJsonSerializerOptions(x => new(x) { WriteIndented = false });
                    rabbit.UseRawJsonDeserializer();
                    rabbit.ConfigureJobWorkerEndpoints(context);
                });
            });
        };
        return worker;
    }

    /// <summary>
    /// Connects the worker of <see cref="JobWorkerServices.AddJobWorker"/> through the process's own bus, which has to call
    /// <see cref="ConfigureJobWorkerEndpoints"/>, and to read plain JSON (<c>UseRawJsonDeserializer</c>).
    /// </summary>
    /// <param name="services">The container.</param>
    public static IServiceCollection AddJobWorkerBus(this IServiceCollection services)
    {
        services.TryAddSingleton<BusSender>();
        services.TryAddSingleton<EnqueueAnswers>();
        services.TryAddSingleton<BusInbox>();
        services.Replace(ServiceDescriptor.Singleton<IWorkerTransport, BusTransport>());
        return services;
    }

    /// <summary>Adds the worker's inbox to the bus. Call it while configuring the transport.</summary>
    /// <param name="bus">The configuration of the transport.</param>
    /// <param name="context">The container of the bus.</param>
    public static void ConfigureJobWorkerEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context) =>
        context.GetRequiredService<BusInbox>().Configure(bus);
}
