using JobSystem.ServiceDefaults.Duties;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>
/// Instances that have PostgreSQL in common, and no broker, tell each other by its notifications what all have to hear. Everything else stays in the instance,
/// which has all services.
/// </summary>
public static class NotificationSetup
{
    /// <summary>Makes a published message one that all instances have to hear.</summary>
    /// <param name="onlyIfWanted">Only while another instance wants it (<see cref="WantedMessages.Want{T}"/>).</param>
    public static IServiceCollection AddSharedMessage<T>(this IServiceCollection services, bool onlyIfWanted = false) where T : class =>
        services.AddSingleton(new SharedMessage(typeof(T), onlyIfWanted));

    internal static void AddNotifications(this IHostApplicationBuilder builder, string postgres)
    {
        var services = builder.Services;
        services.AddSingleton(_ => new NotificationChannel(postgres, builder.Environment.ApplicationName));
        services.AddSingleton<SharedMessages>();
        services.AddPublishObserver(x => x.GetRequiredService<NotificationSender>());
        services.AddDuty<NotificationSender>();
        services.AddDuty<NotificationListener>();
    }
}
