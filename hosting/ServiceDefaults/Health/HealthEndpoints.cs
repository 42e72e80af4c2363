using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.ServiceDefaults.Health;

/// <summary>
/// Health endpoints. A process that is not live should be restarted; one that is ready can take work. Both respond within two seconds.
/// </summary>
public static class HealthEndpoints
{
    public const string Live = "live";
    public const string Ready = "ready";
    static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>Adds a check to <c>/health/ready</c>; it fails by throwing.</summary>
    public static IServiceCollection AddReadyCheck(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task> check) =>
        services.AddCheck(name, Ready, check);

    /// <summary>Adds a check to <c>/health/live</c>; if it fails, the process should be restarted.</summary>
    public static IServiceCollection AddLiveCheck(
        this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, Task> check) =>
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
        app.MapHealth("/health/live", Live);
        app.MapHealth("/health/ready", Ready);
    }

    static void MapHealth(this IEndpointRouteBuilder app, string path, string tag)
    {
        var writer = app.ServiceProvider.GetRequiredService<HealthReportWriter>();
        var options = new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(tag),
            ResponseWriter = (http, report) => writer.Write(http, tag, report),
        };
        app.MapHealthChecks(path, options)
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
            .AllowAnonymous()
            .ExcludeFromDescription();
    }

    static IServiceCollection AddCheck(
        this IServiceCollection services, string name, string tag, Func<IServiceProvider, CancellationToken, Task> check)
    {
        services.AddHealthChecks()
            .Add(new HealthCheckRegistration(name, provider => new Check(provider, check), HealthStatus.Unhealthy, [tag]));
        return services;
    }

    sealed class Check(IServiceProvider provider, Func<IServiceProvider, CancellationToken, Task> check) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(CheckTimeout);
            try
            {
                // Some checks do not observe the token, and some block: neither must delay the response
                await Task.Run(() => check(provider, timeout.Token), timeout.Token).WaitAsync(timeout.Token);
                return HealthCheckResult.Healthy();
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return HealthCheckResult.Unhealthy($"No answer within {CheckTimeout.TotalSeconds} s.");
            }
        }
    }
}
