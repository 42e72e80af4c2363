using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace JobSystem.Monitoring;

/// <summary>The address of the API: <c>JOBSYSTEM_API_URL</c>, the gateway; without it this process, which is right for standalone only.</summary>
public sealed class ApiAddress
{
    public const string Setting = "JOBSYSTEM_API_URL";
    readonly Lazy<Uri> value;

    public ApiAddress(IConfiguration configuration, IServer server)
    {
        var given = configuration.Optional(Setting);
        if (given is not null && (!Uri.TryCreate(given, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
        {
            throw new SettingException($"{Setting} is '{given}', which is not an http:// or https:// address.");
        }
        // The port is not known before the server has started
        value = new(() => new(given is null ? Own(server) : given.TrimEnd('/') + "/"));
    }

    public Uri Value => value.Value;

    static string Own(IServer server) => server.Features.Get<IServerAddressesFeature>()!.Addresses.First()
        .Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal)
        .TrimEnd('/') + "/";
}
