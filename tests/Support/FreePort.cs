using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace JobSystem.Support;

public static class FreePort
{
    static readonly ConcurrentDictionary<int, bool> given = new();

    /// <summary>
    /// A loopback port that nobody listens on. It lies below the range from which outgoing connections get theirs: a server that is stopped finds it free when it
    /// starts again.
    /// </summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (given.TryAdd(port, true) && IsFree(port))
            {
                return port;
            }
        }
    }

    static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
