using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Resources;

namespace JobSystem.ServiceDefaults;

internal static class Telemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // Without a collector nothing listens, and unheard instruments and activities cost next to nothing.
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration.Optional(Endpoint) is null)
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
            .WithMetrics(metrics => metrics.AddMeter(
                "JobSystem.*", "MassTransit", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"))
            .WithTracing(traces => traces.AddSource(
                "JobSystem.*", "MassTransit", "Npgsql", "Microsoft.AspNetCore", "System.Net.Http", "Yarp.ReverseProxy"))
            .UseOtlpExporter();
    }
}
