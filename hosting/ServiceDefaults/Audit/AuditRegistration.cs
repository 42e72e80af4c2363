using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobSystem.ServiceDefaults.Audit;

public static class AuditRegistration
{
    /// <summary>For the service that owns the audit table; in a shared process it also stores the entries of other services.</summary>
    public static void AddAuditTable<TTrail>(this IServiceCollection services) where TTrail : class, IAuditTrail
    {
        services.Replace(ServiceDescriptor.Singleton<IAuditTrail>(provider => provider.GetRequiredService<TTrail>()));
        services.AddRecorder();
    }

    /// <summary>For services that send their entries to JobApi.</summary>
    public static void AddAuditMessages<TTrail>(this IServiceCollection services) where TTrail : class, IAuditTrail
    {
        services.TryAddSingleton<IAuditTrail>(provider => provider.GetRequiredService<TTrail>());
        services.AddRecorder();
    }

    static void AddRecorder(this IServiceCollection services)
    {
        if (services.Any(x => x.ServiceType == typeof(AuditRecorder)))
        {
            return;
        }
        services.AddSingleton<AuditRecorder>();
        services.AddDuty<AuditTally>();
    }
}
