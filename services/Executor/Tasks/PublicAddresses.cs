using System.Net;
using System.Net.Sockets;

namespace JobSystem.Executor.Tasks;

/// <summary>Tells public IP addresses from all special ones.</summary>
static class PublicAddresses
{
    static readonly (IPNetwork Network, string What)[] special =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "this host"),
        (IPNetwork.Parse("10.0.0.0/8"), "a private network"),
        (IPNetwork.Parse("100.64.0.0/10"), "a carrier's shared network"),
        (IPNetwork.Parse("127.0.0.0/8"), "loopback"),
        (IPNetwork.Parse("168.63.129.16/32"), "a cloud provider's metadata service"),
        (IPNetwork.Parse("169.254.0.0/16"), "link-local, where metadata services are"),
        (IPNetwork.Parse("172.16.0.0/12"), "a private network"),
        (IPNetwork.Parse("192.0.0.0/24"), "reserved for protocols"),
        (IPNetwork.Parse("192.0.2.0/24"), "reserved for documentation"),
        (IPNetwork.Parse("192.88.99.0/24"), "reserved for relays"),
        (IPNetwork.Parse("192.168.0.0/16"), "a private network"),
        (IPNetwork.Parse("198.18.0.0/15"), "reserved for benchmarks"),
        (IPNetwork.Parse("198.51.100.0/24"), "reserved for documentation"),
        (IPNetwork.Parse("203.0.113.0/24"), "reserved for documentation"),
        (IPNetwork.Parse("224.0.0.0/4"), "multicast"),
        (IPNetwork.Parse("240.0.0.0/4"), "reserved"),
        (IPNetwork.Parse("2001::/23"), "reserved for protocols and tunnels"),
        (IPNetwork.Parse("2001:db8::/32"), "reserved for documentation"),
        (IPNetwork.Parse("3fff::/20"), "reserved for documentation"),
        (IPNetwork.Parse("::1/128"), "loopback"),
        (IPNetwork.Parse("fc00::/7"), "a private network"),
        (IPNetwork.Parse("fe80::/10"), "link-local"),
        (IPNetwork.Parse("ff00::/8"), "multicast"),
    ];

    static readonly IPNetwork globalUnicast = IPNetwork.Parse("2000::/3");
    static readonly IPNetwork sixToFour = IPNetwork.Parse("2002::/16");
    static readonly IPNetwork translated = IPNetwork.Parse("64:ff9b::/96");
    static readonly IPNetwork compatible = IPNetwork.Parse("::/96");

    /// <summary>Returns what the address is instead of public; null if it is public.</summary>
    public static string? ReasonNotPublic(IPAddress address)
    {
        if (Embedded(address) is { } inner)
        {
            return ReasonNotPublic(inner) is { } what ? $"{what} (as {inner})" : null;
        }
        foreach (var (network, what) in special)
        {
            if (network.Contains(address))
            {
                return what;
            }
        }
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !globalUnicast.Contains(address) ? "not a public address" : null;
    }

    /// <summary>Returns the IPv4 address that an IPv6 address contains; null if there is none.</summary>
    static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }
        var bytes = address.GetAddressBytes();
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : sixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4))
            : translated.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : compatible.Contains(address) && !IPAddress.IPv6Loopback.Equals(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : null;
    }
}
