using System.Net;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>The address of a request's sender. <c>X-Forwarded-For</c> is used only if it comes from a configured proxy.</summary>
public static class CallerAddress
{
    public const string Setting = "JOBSYSTEM_TRUSTED_PROXIES";

    /// <summary>Null if the connection has no address.</summary>
    public static string? Read(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;

    internal static void AddTrustedProxies(this IServiceCollection services, IConfiguration configuration)
    {
        var proxies = Array.ConvertAll(configuration.List(Setting), Parse);
        services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor;
            options.ForwardLimit = null;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            Array.ForEach(proxies, options.KnownIPNetworks.Add);
        });
    }

    /// <summary>
    /// Not used without proxies, because the middleware then trusts every sender, nor for connections without an address, which it trusts
    /// too.
    /// </summary>
    internal static void UseTrustedProxies(this WebApplication app)
    {
        if (app.Configuration.List(Setting).Length > 0)
        {
            app.UseWhen(http => http.Connection.RemoteIpAddress is not null, trusted => trusted.UseForwardedHeaders());
        }
    }

    static System.Net.IPNetwork Parse(string text) =>
        System.Net.IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new(address, address.GetAddressBytes().Length * 8)
        : throw new SettingException($"{Setting} contains '{text}', which is neither an IP address nor a network such as 10.1.0.0/16.");
}
