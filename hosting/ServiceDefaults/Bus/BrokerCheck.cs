using System.Net.Sockets;
using MassTransit;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>Checks the broker. The bus's own health check cannot distinguish stopped endpoints from disconnected ones.</summary>
static class BrokerCheck
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
