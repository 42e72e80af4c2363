using System.Text.Json;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.Alerts;

static class AlertService
{
    static readonly TimeSpan webhookPatience = TimeSpan.FromSeconds(10);

    public static void AddAlerts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<AlertOptions>(builder.Configuration);
        services.AddHttpClient(AlertWebhooks.Client, client => client.Timeout = webhookPatience).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false });
        services.AddSingleton(provider => new AlertBoard(provider.GetRequiredService<IOptions<AlertOptions>>().Value.Rounds));
        services.AddSingleton<AlertWebhooks>();
        services.AddDuties(provider => provider.GetRequiredService<AlertWebhooks>().Lines);
        services.AddDuty<AlertWatch>();
    }

    public static void MapAlerts(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/alerts", List).WithTags("System").WithName("ListAlerts").WithSummary("What is wrong now, and what was lately").RequirePermission(Permission.ViewJobs);

    static WrittenAnswer List(AlertBoard board)
    {
        var (active, cleared, evaluatedAt) = board.Now;
        return new(json =>
        {
            json.WriteStartObject();
            Write(json, "items", active);
            Write(json, "cleared", cleared);
            if (evaluatedAt is { } at)
            {
                json.WriteString("evaluated_at"u8, at.UtcDateTime);
            }
            else
            {
                json.WriteNull("evaluated_at"u8);
            }
            json.WriteEndObject();
        });
    }

    static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Alert> alerts)
    {
        json.WriteStartArray(name);
        foreach (var (id, finding, since, clearedAt) in alerts)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("name"u8, finding.Name);
            json.WriteString("object"u8, finding.Subject);
            json.WriteString("severity"u8, finding.Severity);
            json.WriteString("message"u8, finding.Message);
            json.WriteString("since"u8, since.UtcDateTime);
            json.WritePropertyName("cleared_at"u8);
            JsonSerializer.Serialize(json, clearedAt?.UtcDateTime);
            json.WritePropertyName("value"u8);
            JsonSerializer.Serialize(json, finding.Value);
            json.WritePropertyName("threshold"u8);
            JsonSerializer.Serialize(json, finding.Threshold);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
