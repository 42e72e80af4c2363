using System.Net;
using System.Net.Sockets;

namespace JobSystem.Support;

/// <summary>
/// Stands between a client and a server, and freezes the client at a chosen moment as SIGSTOP would: its connections stay open, and from then on nothing that
/// it sends arrives, and nothing that it is sent is taken.
/// </summary>
public sealed class FreezingProxy : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly TaskCompletionSource frozen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<TcpClient> sockets = [];
    readonly Task accepting;
    readonly (string Host, int Port) server;
    int left = int.MaxValue;

    public FreezingProxy(string host, int port)
    {
        server = (host, port);
        listener.Start();
        accepting = Accept();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Ends when the client is frozen.</summary>
    public Task Frozen => frozen.Task;

    /// <summary>Lets so many more pieces of what the client sends through.</summary>
    public void FreezeAfter(int pieces) => Volatile.Write(ref left, pieces);

    async Task Accept()
    {
        while (!stop.IsCancellationRequested)
        {
            var client = await listener.AcceptTcpClientAsync(stop.Token);
            var upstream = new TcpClient { NoDelay = true };
            await upstream.ConnectAsync(server.Host, server.Port, stop.Token);
            lock (sockets)
            {
                sockets.AddRange([client, upstream]);
            }
            _ = Forward(client.GetStream(), upstream.GetStream(), isClient: true);
            _ = Forward(upstream.GetStream(), client.GetStream(), isClient: false);
        }
    }

    async Task Forward(NetworkStream from, NetworkStream to, bool isClient)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int count; (count = await from.ReadAsync(buffer, stop.Token)) > 0;)
            {
                if (isClient ? Interlocked.Decrement(ref left) < 0 : Volatile.Read(ref left) < 0)
                {
                    frozen.TrySetResult();
                    await Task.Delay(Timeout.Infinite, stop.Token);
                }
                await to.WriteAsync(buffer.AsMemory(0, count), stop.Token);
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of both has left, or the test is over
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        lock (sockets)
        {
            sockets.ForEach(x => x.Dispose());
        }
        stop.Dispose();
    }
}
