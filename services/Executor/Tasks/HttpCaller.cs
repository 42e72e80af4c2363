using System.Globalization;
using System.Net;
using System.Net.Sockets;
using JobSystem.Worker;

namespace JobSystem.Executor.Tasks;

/// <summary>
/// Sends the requests of jobs. To keep callers from reaching private networks through a job, a host name is resolved once, its addresses
/// are checked, and the connection goes to one of exactly these addresses.
/// </summary>
sealed class HttpCaller : IDisposable
{
    const int MaxHeaders = 32;

    readonly AllowedTargets allowed;
    readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve;
    readonly HttpMessageInvoker client;

    public HttpCaller(AllowedTargets allowed, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (this.allowed, this.resolve) = (allowed, resolve);
        client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            MaxResponseHeadersLength = MaxHeaders,
            // No connection is reused, because the handler sends a request again if the connection turns out to be closed
            PooledConnectionLifetime = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
            ConnectCallback = Connect,
        });
    }

    public static Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) =>
        Dns.GetHostAddressesAsync(host, cancellationToken);

    public async Task<JobOutcome> Call(HttpCall call, TaskContext job, CancellationToken cancellationToken)
    {
        try
        {
            using var request = call.ToRequest(job);
            using var response = await client.SendAsync(request, cancellationToken);
            var reply = await HttpReply.Read(response, cancellationToken);
            return call.IsExpected(reply.Status)
                ? new JobOutcome.Completed(reply)
                : UnexpectedStatus(call, reply);
        }
        catch (HttpCallRefusedException refusal)
        {
            return Refused(refusal);
        }
        catch (HttpRequestException failure) when (failure.InnerException is HttpCallRefusedException refusal)
        {
            return Refused(refusal);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return new JobOutcome.Failed($"{call.Method.ToUpperInvariant()} {call.Url}: {failure.Message}") { ErrorType = "request_failed" };
        }
    }

    public void Dispose() => client.Dispose();

    static JobOutcome.Failed UnexpectedStatus(HttpCall call, HttpReply reply)
    {
        var expected = call.ExpectedStatus?.ToString(CultureInfo.InvariantCulture) ?? "200 to 299";
        var message = $"{call.Method.ToUpperInvariant()} {call.Url} answered {reply.Status}, expected {expected}{reply.Excerpt()}";
        return new(message) { ErrorType = "unexpected_status" };
    }

    static JobOutcome.Failed Refused(HttpCallRefusedException refusal) =>
        new(refusal.Message, Retryable: false) { ErrorType = "request_refused" };

    async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        if (!allowed.Contains(host, port))
        {
            Check(host, port, addresses);
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a name if any of its addresses is not public, because names with both kinds are used for attacks.</summary>
    static void Check(string host, int port, IPAddress[] addresses)
    {
        foreach (var address in addresses)
        {
            if (PublicAddresses.ReasonNotPublic(address) is { } reason)
            {
                var target = host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";
                var name = address.ToString() == host ? "" : $" (address of {host})";
                throw new HttpCallRefusedException(
                    $"{address}{name} is {reason}, which jobs may not call. An operator can allow it with {AllowedTargets.Setting}={target}");
            }
        }
    }
}
