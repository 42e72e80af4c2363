using System.Reflection;

namespace JobSystem.ServiceDefaults.Health;

/// <summary>Product and service name for health and info responses.</summary>
public sealed record ServiceInfo(string Product, string Version, string Service)
{
    /// <summary>From the application name: <c>JobSystem.Gateway</c> is product <c>JobSystem</c>, service <c>gateway</c>.</summary>
    internal static ServiceInfo FromApplicationName(string applicationName)
    {
        var version = typeof(ServiceInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0.0.0";
        var dot = applicationName.LastIndexOf('.');
#pragma warning disable CA1308 // a name for people and paths, not a comparison key
        return new("JobSystem", version.Split('+')[0], applicationName[(dot + 1)..].ToLowerInvariant());
#pragma warning restore CA1308
    }
}
