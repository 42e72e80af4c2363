using JobSystem.Api;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.Alerts;

static class AlertService
{
    static readonly TimeSpan webhookTimeout = TimeSpan.FromSeconds(10);

    public static void AddAlerts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<AlertOptions>(builder.Configuration);
        services.AddHttpClient(AlertWebhooks.Client, client => client.Timeout = webhookTimeout)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
        services.AddSingleton(provider => new AlertBoard(provider.GetRequiredService<IOptions<AlertOptions>>().Value.Rounds));
        services.TryAddSingleton(AlertTurn.Always);
        services.AddSingleton<AlertWebhooks>();
        services.AddDuties(provider => provider.GetRequiredService<AlertWebhooks>().Deliveries);
        services.AddDuty<AlertWatch>();
    }

    public static void MapAlerts(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/alerts", List).WithTags("System").WithName("ListAlerts")
            .WithSummary("What is wrong now, and what was lately").RequirePermission(Permission.ViewJobs);

    static RecordAnswer<AlertList> List(AlertBoard board) => new(board.Now, ApiJson.Default.AlertList);
}
