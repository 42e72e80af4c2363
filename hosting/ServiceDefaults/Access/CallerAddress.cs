using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>Determines the address of a request. <c>X-Forwarded-For</c> is used only if it comes from a configured proxy.</summary>
public sealed class CallerAddress
{
    public const string Setting = "JOBSYSTEM_TRUSTED_PROXIES";
    const string Header = "X-Forwarded-For";
    readonly IPNetwork[] proxies;

    CallerAddress(IPNetwork[] proxies) => this.proxies = proxies;

    public static CallerAddress From(IConfiguration configuration) => new([.. configuration.List(Setting).Select(Parse)]);

    /// <summary>Null when there is no connection.</summary>
    public string? Of(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } direct)
        {
            return null;
        }
        var address = Plain(direct);
        if (proxies.Length > 0 && IsProxy(address))
        {
            // From the nearest on: addresses before the first trusted proxy may be forged
            foreach (var said in http.Request.Headers[Header].SelectMany(x => (x ?? "").Split(',', StringSplitOptions.TrimEntries)).Reverse())
            {
                if (!IPAddress.TryParse(said, out var before))
                {
                    break;
                }
                address = Plain(before);
                if (!IsProxy(address))
                {
                    break;
                }
            }
        }
        return address.ToString();
    }

    bool IsProxy(IPAddress address) => Array.Exists(proxies, x => x.Contains(address));

    static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    static IPNetwork Parse(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new(address, address.GetAddressBytes().Length * 8)
        : throw new SettingException($"{Setting} contains '{text}', which is neither an IP address nor a network such as 10.1.0.0/16.");
}
