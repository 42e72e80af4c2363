using JobSystem.JobApi;
using JobSystem.JobApi.Storage;
using JobSystem.Monitoring;
using JobSystem.Monitoring.Alerts;
using JobSystem.Scheduler;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.OpenApi;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Hosting.OneProcess;

/// <summary>All services on one bus in memory, with SQLite files or a PostgreSQL database.</summary>
static class OneProcessSystem
{
    /// <summary>Adds the services.</summary>
    /// <param name="data">Where the data is.</param>
    /// <param name="settings">What is to be different from the configuration, and from what makes it one process. Default: nothing.</param>
    /// <param name="bus">Further endpoints. Default: none.</param>
    public static WebApplicationBuilder AddOneProcess(
        this WebApplicationBuilder builder, SystemData data, IEnumerable<KeyValuePair<string, string?>>? settings = null,
        Action<IBusFactoryConfigurator, IBusRegistrationContext>? bus = null)
    {
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            // One process on purpose: settings of a distributed system in the environment must not leak in
            ["JOBSYSTEM_RABBITMQ"] = "",
            ["JOBSYSTEM_POSTGRES"] = "",
            ["JOBSYSTEM_API_URL"] = "",
            ["JOBSYSTEM_ADMIN_KEY"] = data.AdminKey,
        });
        builder.Configuration.AddInMemoryCollection(data.Settings);
        builder.Configuration.AddInMemoryCollection(OwnTokens.Settings(builder.Configuration, () => data.SigningKey));
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.AddServiceDefaults();
        builder.AddCrossOriginCalls();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning)
            // It says so of each request that came without a connection
            .AddFilter("Microsoft.AspNetCore.Routing.EndpointRoutingMiddleware", LogLevel.Error);
        builder.AddJobSystemAuthentication();
        builder.AddJobApi();
        builder.AddScheduler();
        builder.AddMonitoring();
        // One of several instances tells of alerts
        var instance = Guid.CreateVersion7().ToString();
        builder.Services.AddSingleton(x => new AlertTurn((term, ct) => x.GetRequiredService<IJobStore>().HoldDuty("alerts", instance, term, ct)));
        builder.AddJobSystemBus(
            registration =>
            {
                registration.AddJobApiConsumers();
                registration.AddSchedulerConsumers();
                registration.AddMonitoringConsumers();
            },
            (context, configurator) =>
            {
                configurator.ConfigureJobApiEndpoints(context);
                configurator.ConfigureSchedulerEndpoints(context);
                configurator.ConfigureMonitoringEndpoints(context);
                bus?.Invoke(configurator, context);
            });
        return builder;
    }

    /// <summary>Maps the API and the pages.</summary>
    public static void MapOneProcess(this WebApplication app)
    {
        app.MapServiceDefaults();
        app.MapJobApi();
        app.MapScheduler();
        app.MapMonitoring();
        app.MapGet("/", () => TypedResults.LocalRedirect("~/ui/")).AllowAnonymous().ExcludeFromDescription();
        app.MapApiDocuments();
        app.MapApiReference();
    }
}
