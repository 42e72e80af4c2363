using JobSystem.Monitoring.Alerts;
using JobSystem.Monitoring.Dashboard;
using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.OpenApi;
using MassTransit;

namespace JobSystem.Monitoring;

/// <summary>What the system says about itself: information, health, figures, and the dashboard.</summary>
public static class MonitoringService
{
    /// <summary>Who asks how the system is does not want to wait for a part that is silent.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder AddMonitoring(this WebApplicationBuilder builder)
    {
        builder.Services.AddApiDescription(typeof(MonitoringService).Assembly);
        builder.Services.AddApiKeyClient<ApiKeyClient>();
        builder.Services.AddSettings<StatusOptions>(builder.Configuration);
        builder.Services.AddHttpClient(CanonicalReader.Client, client => client.Timeout = Patience);
        builder.Services.AddSingleton<ApiAddress>();
        builder.Services.AddSingleton<CanonicalReader>();
        builder.Services.AddHttpClient(ErrorQueues.Client, client => client.Timeout = Patience).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false });
        builder.Services.AddSingleton<ErrorQueues>();
        builder.Services.AddSingleton<SystemReports>();
        builder.AddAlerts();
        builder.AddDashboard();
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
        app.MapAlerts();
        app.MapGet("/api/v1/me", (CallerScope viewer) => TypedResults.Ok(Me.Of(viewer))).WithName("GetMe").WithTags("System").WithSummary("Who is calling, and what the caller may do").RequireCaller();
        app.MapDashboard();
    }
}

/// <param name="Owner">Whose jobs and schedules are the caller's own.</param>
/// <param name="Permissions">Every word that the caller's permission includes.</param>
public sealed record Me(string Owner, IReadOnlyList<string> Permissions)
{
    public static Me Of(CallerScope viewer) => new(viewer.Owner, [.. ServiceDefaults.Access.Permissions.Words.Where(x => viewer.Granted.Includes(ServiceDefaults.Access.Permissions.Parse(x)))]);
}
