using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.ServiceDefaults;

/// <summary>Response of <c>/health/live</c> and <c>/health/ready</c>.</summary>
public sealed record HealthReply(string Status, string Service, string Version, IReadOnlyDictionary<string, HealthCheckReply> Checks);

/// <summary>One check: <c>healthy</c>, <c>degraded</c> (still counts as fine) or <c>unhealthy</c>, and why.</summary>
public sealed record HealthCheckReply(string Status, string? Detail, double DurationMs);

/// <summary>Health endpoints. Not live means that the process should be restarted, ready that it can take work. Both respond within two seconds.</summary>
public static class Health
{
    public const string Live = "live";
    public const string Ready = "ready";

    /// <summary>Adds a check to <c>/health/ready</c>; it fails by throwing.</summary>
    public static IServiceCollection AddReadyCheck(this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task> check) =>
        services.AddCheck(name, Ready, check);

    /// <summary>Adds a check to <c>/health/live</c>; if it fails, the process should be restarted.</summary>
    public static IServiceCollection AddLiveCheck(this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task> check) =>
        services.AddCheck(name, Live, check);

    /// <summary>Ready only if the registered <see cref="DbDataSource"/> responds.</summary>
    public static IServiceCollection AddDatabaseReadyCheck(this IServiceCollection services) =>
        services.AddReadyCheck("database", async (provider, ct) =>
        {
            await using var command = provider.GetRequiredService<DbDataSource>().CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(ct);
        });

    internal static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", (HealthProbe probe) => probe.Ask(Live)).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/health/ready", (HealthProbe probe) => probe.Ask(Ready)).AllowAnonymous().ExcludeFromDescription();
    }

    private static IServiceCollection AddCheck(this IServiceCollection services, string name, string tag, Func<IServiceProvider, CancellationToken, Task> check)
    {
        services.AddHealthChecks().Add(new HealthCheckRegistration(name, provider => new Check(provider, check), HealthStatus.Unhealthy, [tag]));
        return services;
    }

    private sealed class Check(IServiceProvider provider, Func<IServiceProvider, CancellationToken, Task> check) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            await check(provider, cancellationToken);
            return HealthCheckResult.Healthy();
        }
    }
}
