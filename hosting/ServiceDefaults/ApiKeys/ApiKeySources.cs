using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobSystem.ServiceDefaults.ApiKeys;

public static class ApiKeySources
{
    /// <summary>For the service that owns the table of keys; in a shared process it is also used by the other services.</summary>
    public static void AddApiKeyStore<TSource>(this IServiceCollection services) where TSource : class, IApiKeySource
    {
        services.Replace(ServiceDescriptor.Singleton<IApiKeySource>(provider => provider.GetRequiredService<TSource>()));
        services.TryAddSingleton<ApiKeyDirectory>();
    }

    /// <summary>
    /// For all other services, which ask JobApi over the bus. Each of them has the few lines that send the message, because hosting/ knows
    /// no contracts.
    /// </summary>
    public static void AddApiKeyClient<TSource>(this IServiceCollection services) where TSource : class, IApiKeySource
    {
        services.TryAddSingleton<IApiKeySource, TSource>();
        services.TryAddSingleton<ApiKeyDirectory>();
        services.AddDuty<BusRequestWarmUp>();
    }
}
