using System.Text;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace JobSystem.ServiceDefaults.Metrics;

/// <summary>
/// Serves the metrics of this process at <c>/metrics</c> in Prometheus format. Requires <c>view_jobs</c> unless
/// <c>JOBSYSTEM_METRICS_OPEN</c> is true.
/// </summary>
sealed class MetricsPage : IDisposable
{
    public const string Path = "/metrics";
    const string OpenSetting = "JOBSYSTEM_METRICS_OPEN";
    const int CollectTimeoutMilliseconds = 5000;
    readonly PrometheusExporter exporter = new();
    readonly Lock sync = new();

    public MetricsPage() =>
        Reader = new BaseExportingMetricReader(exporter) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };

    public MetricReader Reader { get; }

    public string Read()
    {
        lock (sync)
        {
            // The reader itself refuses to collect for an exporter that is asked
            exporter.Collect!(CollectTimeoutMilliseconds);
            return exporter.Text;
        }
    }

    /// <summary>Hosts without authentication have the page only if it is open.</summary>
    public static void Map(IEndpointRouteBuilder app, IConfiguration configuration, string path = Path)
    {
        var open = bool.TryParse(configuration.Optional(OpenSetting), out var given) && given;
        if (!open && app.ServiceProvider.GetService<AuthenticationMarker>() is null)
        {
            return;
        }

        var page = app.MapGet(path, (MetricsPage metrics) => TypedResults.Text(metrics.Read(), "text/plain; version=0.0.4", Encoding.UTF8))
            .ExcludeFromDescription();
        if (open)
        {
            page.AllowAnonymous();
        }
        else
        {
            page.RequirePermission(Permission.ViewJobs);
        }
    }

    public void Dispose() => Reader.Dispose();
}
