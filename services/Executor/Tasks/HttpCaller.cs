using System.Net;
using System.Net.Sockets;
using JobSystem.Worker;

namespace JobSystem.Executor.Tasks;

/// <summary>
/// Sends requests for jobs. Whoever may submit a job must not reach through it what only this machine can reach, so a name is resolved once,
/// its addresses are looked at, and the connection goes to one of exactly these.
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
            // A connection that was used before may turn out to be dead, and then the handler would send the request a second time
            PooledConnectionLifetime = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
            ConnectCallback = Connect,
        });
    }

    public static Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);

    public async Task<JobOutcome> Call(HttpCall call, TaskContext job, CancellationToken cancellationToken)
    {
        try
        {
            using var request = call.ToRequest(job);
            using var response = await client.SendAsync(request, cancellationToken);
            var reply = await HttpReply.Read(response, cancellationToken);
            return call.IsExpected(reply.Status)
                ? new JobOutcome.Completed(reply)
                : new JobOutcome.Failed($"{call.Method.ToUpperInvariant()} {call.Url} answered {reply.Status}, expected {call.ExpectedStatus?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "200 to 299"}{reply.Excerpt()}")
                {
                    ErrorType = "unexpected_status",
                };
        }
        catch (HttpCallRefused refusal)
        {
            return Refused(refusal);
        }
        catch (HttpRequestException failure) when (failure.InnerException is HttpCallRefused refusal)
        {
            return Refused(refusal);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException && !cancellationToken.IsCancellationRequested)
        {
            return new JobOutcome.Failed($"{call.Method.ToUpperInvariant()} {call.Url}: {failure.Message}") { ErrorType = "request_failed" };
        }
    }

    public void Dispose() => client.Dispose();

    static JobOutcome.Failed Refused(HttpCallRefused refusal) => new(refusal.Message, Retryable: false) { ErrorType = "request_refused" };

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

    /// <summary>One address that is not public spoils them all: names that point to both are made for getting in.</summary>
    static void Check(string host, int port, IPAddress[] addresses)
    {
        foreach (var address in addresses)
        {
            if (PublicAddresses.WhyNot(address) is { } what)
            {
                var target = host.Contains(':') ? $"[{host}]:{port}" : $"{host}:{port}";
                var name = address.ToString() == host ? "" : $" (address of {host})";
                throw new HttpCallRefused($"{address}{name} is {what}, which jobs may not call. An operator can allow it with {AllowedTargets.Setting}={target}");
            }
        }
    }
}
