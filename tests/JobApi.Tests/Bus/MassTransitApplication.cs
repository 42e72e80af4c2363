using JobSystem.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>What docs/bus.md shows to applications that have a bus of MassTransit's: one for the user shop.</summary>
static class MassTransitApplication
{
    /// <summary>Hands over a job and returns the answer.</summary>
    public static async Task<Response<JobAccepted, JobRejected>> Submit(string broker, SubmitJob job)
    {
        await using var services = new ServiceCollection().AddLogging().AddMassTransit(bus => Configure(bus, broker)).BuildServiceProvider();
        var control = services.GetRequiredService<IBusControl>();
        await control.StartAsync();
        try
        {
            await using var scope = services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<IRequestClient<SubmitJob>>().GetResponse<JobAccepted, JobRejected>(job);
        }
        finally
        {
            await control.StopAsync();
        }
    }

    static void Configure(IBusRegistrationConfigurator bus, string broker)
    {
        bus.AddRequestClient<SubmitJob>(new Uri($"exchange:{BusAddresses.SubmitJob}"));
        bus.UsingRabbitMq((_, rabbit) =>
        {
            rabbit.Host(new Uri(broker));
            rabbit.OverrideDefaultBusEndpointQueueName($"shop_bus_{NewId.NextGuid():N}");
            rabbit.ConfigureSend(x => x.UseExecute(send =>
            {
                if (send.TryGetPayload(out RabbitMqSendContext? context))
                {
                    context.BasicProperties.UserId = "shop";
                }
            }));
        });
    }
}
