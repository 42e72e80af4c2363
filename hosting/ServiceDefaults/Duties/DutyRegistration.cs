using JobSystem.ServiceDefaults.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Duties;

public static class DutyRegistration
{
    public const string Check = "duties";

    /// <summary>Adds the duty as a singleton and runs it for the lifetime of the process.</summary>
    public static IServiceCollection AddDuty<T>(this IServiceCollection services) where T : BackgroundDuty =>
        services.AddSingleton<T>().AddDuties(provider => [provider.GetRequiredService<T>()]);

    /// <summary>Runs the duties concurrently.</summary>
    public static IServiceCollection AddDuties(
        this IServiceCollection services, Func<IServiceProvider, IReadOnlyList<BackgroundDuty>> duties) =>
        services.AddSingleton<IHostedService>(provider => new DutyRunner(
            duties(provider), provider.GetRequiredService<DutyHealthCheck>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DutyRunner>>()));

    internal static void AddDutyWatch(this IServiceCollection services)
    {
        services.AddSingleton<DutyHealthCheck>();
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            Check, provider => provider.GetRequiredService<DutyHealthCheck>(), HealthStatus.Unhealthy, [HealthEndpoints.Ready]));
    }
}
