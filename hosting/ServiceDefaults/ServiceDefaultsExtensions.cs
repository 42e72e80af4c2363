using System.Diagnostics;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Dialects;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Logging;
using JobSystem.ServiceDefaults.Metrics;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace JobSystem.ServiceDefaults;

/// <summary>Common setup of all services: telemetry, logging, limits, JSON, problem details, health.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Maximum request body, unless the endpoint has request size metadata.</summary>
    public const long MaxRequestBody = 1024 * 1024;

    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.AddQuietLogging();
        builder.AddTelemetry();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.AnswerRefusedRequests();
        });
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(ServiceInfo.FromApplicationName(builder.Environment.ApplicationName));
        builder.Services.ConfigureHttpJsonOptions(json => JsonDefaults.Apply(json.SerializerOptions));
        builder.Services.AddProblems();
        AnswerCompression.Add(builder.Services);
        builder.Services.AddHealthChecks();
        builder.Services.AddDutyWatch();
        builder.Services.AddSingleton<HealthReportWriter>();
        builder.Services.AddSingleton<CanonicalApi>();
        builder.Services.AddSingleton(SecretKeys.From(builder.Configuration));
        builder.Services.AddTrustedProxies(builder.Configuration);
        builder.Services.AddSingleton<UnauthenticatedRequestLog>();
        return builder;
    }

    /// <summary>Call it before mapping endpoints: it adds error handling around them.</summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        RefusedRequests.Watch(app.Services.GetRequiredService<DiagnosticListener>());
        app.UseTrustedProxies();
        app.UseCrossOriginCalls();
        app.UseHeadRequests();
        app.UseResponseCompression();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseUnknownAddressPage();
        if (app.Services.GetService<AuthenticationMarker>() is not null)
        {
            app.UseAuthentication();
            app.UseAuthorization();
        }

        app.MapHealth();
        MetricsPage.Map(app, app.Configuration, app.Services.GetService<MetricsPath>()?.Path ?? MetricsPage.Path);
        return app;
    }

    // As the lowest configuration source, so that Logging__LogLevel__… in the environment still wins.
    static void AddQuietLogging(this WebApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:MassTransit"] = "Warning",
                ["Logging:LogLevel:JobSystem.ServiceDefaults.Authentication.ApiKeyHandler"] = "Warning",
                ["Logging:LogLevel:Microsoft"] = "Warning",
                ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
                // It warns that keys are stored unencrypted, which the documentation of the dashboard explains
                ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
                // Failures are thrown as well and logged by their handlers
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore.Database.Command"] = "None",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore.Query"] = "None",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore.Update"] = "None",
                ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
                ["Logging:LogLevel:Quartz"] = "Warning",
                ["Logging:LogLevel:System"] = "Warning",
                ["Logging:LogLevel:Yarp"] = "Warning",
                ["Logging:LogLevel:Yarp.ReverseProxy.Health"] = "Error",
            },
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(console => console.FormatterName = CompactFormatter.FormatterName);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ConsoleFormatter, CompactFormatter>());
    }
}
