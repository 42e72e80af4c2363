using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.OpenApi;
using MassTransit;

namespace JobSystem.Monitoring;

/// <summary>The process that metrics, history and the dashboard will live in. So far it answers health and <c>/api/v1/info</c> only.</summary>
public static class MonitoringService
{
    public static WebApplicationBuilder AddMonitoring(this WebApplicationBuilder builder)
    {
        builder.Services.AddApiDescription<MonitoringMarker>();
        builder.Services.AddApiKeyQuestions<ApiKeyQuestions>();
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

    public static void MapMonitoring(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/info", (ServiceInfo info) => TypedResults.Ok(info)).WithName("GetInfo").WithTags("System").WithSummary("Product, version and the service that answers").NeedsCaller();
}
