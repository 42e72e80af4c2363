using JobSystem.Api;
using JobSystem.Monitoring.Alerts;
using JobSystem.Monitoring.Dashboard;
using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;

namespace JobSystem.Monitoring;

/// <summary>Information, health, metrics and alerts of the system, and the dashboard.</summary>
public static class MonitoringService
{
    /// <summary>A report about the system does not wait longer for a part that does not answer.</summary>
    static readonly TimeSpan timeout = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder AddMonitoring(this WebApplicationBuilder builder)
    {
        builder.Services.AddApiDescription(typeof(MonitoringService).Assembly);
        builder.Services.AddApiKeyClient<ApiKeyClient>();
        builder.Services.AddSettings<StatusOptions>(builder.Configuration);
        builder.Services.AddHttpClient(CanonicalReader.Client, client => client.Timeout = timeout);
        builder.Services.AddSingleton<ApiAddress>();
        builder.Services.AddSingleton<CanonicalReader>();
        builder.Services.AddHttpClient(ErrorQueues.Client, client => client.Timeout = timeout)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false });
        builder.Services.AddSingleton<ErrorQueues>();
        builder.Services.AddSingleton<SystemReports>();
        builder.AddAlerts();
        builder.AddDashboard();
        return builder;
    }

    public static void AddMonitoringConsumers(this IBusRegistrationConfigurator bus)
    {
        // It consumes nothing
    }

    public static void ConfigureMonitoringEndpoints(this IBusFactoryConfigurator bus, IBusRegistrationContext context)
    {
        // It has no endpoints of its own
    }

    public static void MapMonitoring(this IEndpointRouteBuilder app)
    {
        app.MapStatus();
        app.MapAlerts();
        app.MapGet("/api/v1/me", GetMe).WithName("GetMe").WithTags("System")
            .WithSummary("Who is calling, and what the caller may do").RequireCaller();
        app.MapDashboard();
    }

    static RecordAnswer<CallerIdentity> GetMe(CallerScope viewer)
    {
        var permissions = Permissions.Words.Where(x => viewer.Granted.Includes(Permissions.Parse(x)));
        return new(new() { Owner = viewer.Owner, Permissions = [.. permissions] }, ApiJson.Default.CallerIdentity);
    }
}
