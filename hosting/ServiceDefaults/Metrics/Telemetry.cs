using JobSystem.ServiceDefaults.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace JobSystem.ServiceDefaults.Metrics;

static class Telemetry
{
    const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Series that one instrument may have. Names of queues and tasks come from callers: what is beyond goes into one series, marked
    /// <c>otel_metric_overflow</c>.
    /// </summary>
    const int MaxSeries = 2000;

    static readonly string[] Own = ["JobSystem.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var page = new MetricsPage();
        builder.Services.AddSingleton(page);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
            .WithMetrics(metrics => metrics
                .AddMeter(Own)
                .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = MaxSeries })
                .AddReader(page.Reader));
        if (builder.Configuration.Optional(Endpoint) is null)
        {
            return;
        }

        telemetry
            .WithMetrics(metrics => metrics.AddMeter("MassTransit", "Npgsql", "System.Net.Http"))
            .WithTracing(traces => traces.AddSource(
                "JobSystem.*", "MassTransit", "Npgsql", "Microsoft.AspNetCore", "System.Net.Http", "Yarp.ReverseProxy"))
            .UseOtlpExporter();
    }
}
