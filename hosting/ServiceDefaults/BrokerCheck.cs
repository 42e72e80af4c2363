using System.Net.Sockets;
using MassTransit;

namespace JobSystem.ServiceDefaults;

/// <summary>Is there a broker? The bus alone does not say: an endpoint that was stopped on purpose looks to it like one that lost its connection.</summary>
internal static class BrokerCheck
{
    public static async Task Run(IBusControl bus, BrokerUrl? url, CancellationToken ct)
    {
        var health = bus.CheckHealth();
        if (health.Status == BusHealthStatus.Unhealthy)
        {
            throw new InvalidOperationException($"The bus is not connected: {health.Description}");
        }

        if (url is not null)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(url.Host, url.Port, ct);
        }
    }
}
