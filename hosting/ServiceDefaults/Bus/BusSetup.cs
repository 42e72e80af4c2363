using System.Text.Json;
using JobSystem.ServiceDefaults.Bus.Notifications;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.Postgres;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>
/// Configures the bus of the process: RabbitMQ if JOBSYSTEM_RABBITMQ is set, otherwise in memory; instances on one PostgreSQL then hear each other's
/// <see cref="SharedMessage"/>s.
/// </summary>
public static class BusSetup
{
    public const string UrlSetting = "JOBSYSTEM_RABBITMQ";

    /// <summary>True if no other process can have the same data: they are in files of this one.</summary>
    public static bool IsOnlyInstance(this IConfiguration configuration) =>
        configuration.Optional(UrlSetting) is null && configuration.Optional(PostgresUrl.Setting) is null;

    // AddMassTransit may be called once in a container: services hand in their consumers and endpoints, the host calls this.
    public static IHostApplicationBuilder AddJobSystemBus(
        this IHostApplicationBuilder builder,
        Action<IBusRegistrationConfigurator> configureConsumers,
        Action<IBusRegistrationContext, IBusFactoryConfigurator> configureEndpoints)
    {
        var url = builder.Configuration.Optional(UrlSetting) is { } text ? BrokerUrl.Parse(text) : null;
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            // BrokerCheck is asked instead
            bus.ConfigureHealthCheckOptions(health => health.Tags.Add("bus"));
            configureConsumers(bus);
            if (url is null)
            {
                bus.UsingInMemory((context, factory) => Configure(context, factory, configureEndpoints));
            }
            else
            {
                bus.UsingRabbitMq((context, factory) =>
                {
                    factory.Host(url, builder.Environment.ApplicationName);
                    // The broker validates it against the connection's user, so receivers know the sender
                    factory.ConfigureSend(pipe => pipe.UseExecute(send =>
                    {
                        if (send.TryGetPayload(out RabbitMqSendContext? rabbit))
                        {
                            rabbit.BasicProperties.UserId = url.UserName;
                        }
                    }));
                    Configure(context, factory, configureEndpoints);
                });
            }
        });
        builder.Services.AddSingleton<WantedMessages>();
        if (url is null && builder.Configuration.Optional(PostgresUrl.Setting) is { } postgres)
        {
            builder.AddNotifications(postgres);
        }
        builder.Services.Configure<MassTransitHostOptions>(host =>
        {
            // a service starts without a broker, says that it is not ready, and goes on when there is one
            host.WaitUntilStarted = false;
            host.StopTimeout = TimeSpan.FromSeconds(20);
            host.ConsumerStopTimeout = TimeSpan.FromSeconds(10);
        });
        var confirms = new PublisherConfirmMonitor(TimeProvider.System);
        builder.Services.AddSingleton(confirms);
        builder.Services.AddSendObserver(_ => confirms);
        builder.Services.AddPublishObserver(_ => confirms);
        builder.Services.AddReadyCheck("confirms", (_, _) => confirms.Check());
        // If the broker confirms nothing to any client, restarting this process does not help
        builder.Services.AddLiveCheck("connection", (_, ct) => url is null
            ? Task.CompletedTask
            : confirms.CheckConnection(token => BrokerProbe.Answers(url, token), ct));
        builder.Services.AddReadyCheck("broker", (provider, ct) => BrokerCheck.Run(provider.GetRequiredService<IBusControl>(), url, ct));
        return builder;
    }

    static void Host(this IRabbitMqBusFactoryConfigurator factory, BrokerUrl url, string connectionName) =>
        factory.Host(url.Host, (ushort)url.Port, url.VirtualHost, connectionName, host =>
        {
            host.Username(url.UserName);
            host.Password(url.Password);
            host.Heartbeat(TimeSpan.FromSeconds(10));
            if (url.Tls)
            {
                host.UseSsl(ssl => ssl.ServerName = url.Host);
            }
        });

    static void Configure<T>(
        IBusRegistrationContext context, T factory, Action<IBusRegistrationContext, IBusFactoryConfigurator> configureEndpoints)
        where T : IBusFactoryConfigurator
    {
        // The library's options belong to the process, which may have more than one bus in tests
        factory.ConfigureJsonSerializerOptions(json => json.Converters.OfType<BusTextConverter>().Any() ? json : Tolerant(json, context));
        factory.UseRawJsonDeserializer();
        // a delayed message needs a broker plugin; without it the send never returns and takes the connection down
        factory.ConfigureSend(pipe => pipe.UseExecute(send =>
        {
            if (send.Delay is { } delay && delay > TimeSpan.Zero)
            {
                throw new NotSupportedException("Delays are columns in the database, never messages.");
            }
        }));
        factory.ConnectEndpointConfigurationObserver(new NoFaults());
        configureEndpoints(context, factory);
    }

    static JsonSerializerOptions Tolerant(JsonSerializerOptions json, IBusRegistrationContext context)
    {
        var tolerant = new JsonSerializerOptions(json) { WriteIndented = false };
        tolerant.Converters.Add(new BusTextConverter());
        // In front of the library's own for lists
        tolerant.Converters.Insert(0, new BusListConverter(context.GetRequiredService<ILogger<BusListConverter>>()));
        return tolerant;
    }

    // Fault<T> has no consumers: failures are stored in the row and logged
    sealed class NoFaults : IEndpointConfigurationObserver
    {
        public void EndpointConfigured<T>(T configurator) where T : IReceiveEndpointConfigurator => configurator.PublishFaults = false;
    }
}
