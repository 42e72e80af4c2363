using JobSystem.Gateway.Backends;
using JobSystem.Gateway.Documents;
using JobSystem.Gateway.Requests;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.Metrics;
using JobSystem.ServiceDefaults.OpenApi;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Health;

namespace JobSystem.Gateway;

/// <summary>The gateway. Callers are authenticated by the services themselves, so that bypassing the gateway gives no access.</summary>
public static class GatewayService
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    static readonly TimeSpan DocumentTimeout = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        var (routes, clusters) = Routes.From(builder.Configuration);
        builder.AddCrossOriginCalls();
        builder.Services.AddReverseProxy()
            .LoadFromMemory(routes, clusters)
            // RequestHygiene says where a request comes from
            .AddTransforms(transforms => transforms.UseDefaultForwarders = false)
            .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = ConnectTimeout);
        builder.Services.AddSingleton<CallerRates>();
        builder.Services.AddSingleton<ProbeResults>();
        builder.Services.AddSingleton<IActiveHealthCheckPolicy, ReadinessPolicy>();
        builder.Services.AddSingleton<IPassiveHealthCheckPolicy, RefusedConnectionPolicy>();
        builder.Services.AddSingleton<IAvailableDestinationsPolicy, AnsweringDestinationsPolicy>();
        builder.Services.AddSingleton<ApiDocuments>();
        builder.Services.AddHttpClient(ApiDocuments.Client, client => client.Timeout = DocumentTimeout);
        builder.Services.AddSingleton(new MetricsPath("/gateway/metrics"));
        builder.Services.AddReadyCheck("jobapi", (provider, _) => JobApiAnswers(provider));
        return builder;
    }

    public static void MapGateway(this WebApplication app)
    {
        // A wrong setting ends the process now, not the first request
        app.Services.GetRequiredService<CallerRates>();
        app.MapGet("/", () => TypedResults.Redirect("/ui/"));
        foreach (var surface in ApiSurface.All)
        {
            app.MapGet(surface.Path,
                (ApiDocuments documents, CancellationToken cancellationToken) => documents.Answer(surface, cancellationToken));
        }
        app.MapApiReference();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.UseMiddleware<RateLimit>();
            pipeline.UseMiddleware<RequestHygiene>();
            pipeline.UseMiddleware<Failover>();
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
    }

    static Task JobApiAnswers(IServiceProvider provider)
    {
        var probes = provider.GetRequiredService<ProbeResults>();
        var found = provider.GetRequiredService<IProxyStateLookup>().TryGetCluster(Routes.JobApi, out var cluster);
        return found && cluster!.Destinations.Values.Any(x => probes.Latest(x).Answers)
            ? Task.CompletedTask
            : throw new InvalidOperationException("No instance of the job API answers.");
    }
}
