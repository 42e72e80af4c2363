using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.OpenApi;
using MassTransit;

namespace JobSystem.Monitoring;

/// <summary>What the system says about itself: information, health, figures. History and the dashboard are not there yet.</summary>
public static class MonitoringService
{
    /// <summary>Who asks how the system is does not want to wait for a part that is silent.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder AddMonitoring(this WebApplicationBuilder builder)
    {
        builder.Services.AddApiDescription<MonitoringMarker>();
        builder.Services.AddApiKeyQuestions<ApiKeyQuestions>();
        builder.Services.AddOptions<StatusOptions>().Bind(builder.Configuration).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddHttpClient(CanonicalReader.Client, client => client.Timeout = Patience);
        builder.Services.AddSingleton<CanonicalReader>();
        return builder;
    }

    public static void AddMonitoringConsumers(this IBusRegistrationConfigurator bus)
    {
        // consumes nothing yet
    }

    public static void ConfigureMonitoringEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context)
    {
        // listens to nothing yet
    }

    public static void MapMonitoring(this IEndpointRouteBuilder app)
    {
        app.MapStatus();
        app.MapGet("/api/v1/info", (ServiceInfo info) => TypedResults.Ok(info)).WithName("GetInfo").WithTags("System").WithSummary("Product, version and the service that answers").NeedsCaller();
    }
}
