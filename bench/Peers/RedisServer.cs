using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>A Redis of the bench's own on loopback, with an append-only file that is flushed every second. It goes with its data.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    readonly Process process;
    readonly string folder;
    readonly int port;

    RedisServer(Process process, string folder, int port) => (this.process, this.folder, this.port) = (process, folder, port);

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    /// <param name="parent">Folder for the data, on the disk that PostgreSQL uses too.</param>
    /// <param name="ct">Cancellation.</param>
    public static async Task<RedisServer> Start(string parent, CancellationToken ct)
    {
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"redis-{Guid.CreateVersion7():N}")).FullName;
        var port = BenchStack.FreePort();
        string[] arguments =
        [
            "--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--dir", folder, "--daemonize", "no",
            "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--logfile", Path.Combine(folder, "redis.log"),
        ];
        var server = new RedisServer(Process.Start(new ProcessStartInfo("redis-server", arguments))!, folder, port);
        try
        {
            await server.Answering(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its data goes with it, so that there is nothing to save
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    async Task Answering(CancellationToken ct)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await Answers(ct))
        {
            if (process.HasExited || TimeProvider.System.GetElapsedTime(start) > patience)
            {
                throw new InvalidOperationException($"redis-server does not answer on {Address}");
            }
            await Task.Delay(50, ct);
        }
    }

    async Task<bool> Answers(CancellationToken ct)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, ct);
            var stream = client.GetStream();
            await stream.WriteAsync("PING\r\n"u8.ToArray(), ct);
            var answer = new byte[5];
            await stream.ReadExactlyAsync(answer, ct);
            return Encoding.ASCII.GetString(answer) == "+PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
