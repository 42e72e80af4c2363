using JobSystem.Executor.Tasks;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.Worker;
using MassTransit;

namespace JobSystem.Executor;

/// <summary>
/// Composition of the executor: a worker with the built-in tasks. The host process calls these methods, and owns the bus.
/// </summary>
public static class ExecutorService
{
    /// <summary>Checks that a broker is configured. An executor in its own process gets jobs only through it.</summary>
    /// <exception cref="SettingException">No broker is configured.</exception>
    public static WebApplicationBuilder RequireBroker(this WebApplicationBuilder builder)
    {
        builder.Configuration.Required(BusSetup.UrlSetting, "the broker's address: amqp://user:password@host:port/vhost");
        return builder;
    }

    public static WebApplicationBuilder AddExecutor(this WebApplicationBuilder builder)
    {
        builder.AddExecutorTasks();
        builder.Services.AddJobWorker().AddJobWorkerBus();
        return builder;
    }

    /// <summary>Without a connection.</summary>
    public static WebApplicationBuilder AddExecutorTasks(this WebApplicationBuilder builder)
    {
        var allowed = AllowedTargets.Parse(builder.Configuration.List(AllowedTargets.Setting));
        builder.Services.AddSingleton(new HttpCaller(allowed, HttpCaller.Resolve));
        builder.Services.AddJobWorker(worker => BuiltInTasks.Map(worker.Tasks));
        return builder;
    }

    public static void ConfigureExecutorEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context) =>
        bus.ConfigureJobWorkerEndpoints(context);

    public static void MapExecutor(this IEndpointRouteBuilder app)
    {
        // Health is mapped by the host; an executor has no other routes
    }
}
