using JobSystem.ServiceDefaults.Authentication;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Calls the system in this process as its administrator.</summary>
/// <param name="connect">Called before each request; returns the server and the key.</param>
sealed class AdministratorHandler(Func<CancellationToken, ValueTask<(InProcessServer Server, string Key)>> connect) : HttpMessageHandler
{
    /// <summary>What a client is given as its key, because the real one may not be known yet.</summary>
    public const string Key = "of-the-administrator";

    readonly Lock sync = new();
    HttpMessageInvoker? invoker;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (server, key) = await connect(cancellationToken);
        request.Headers.Remove(ApiKeyAuthentication.ApiKeyHeader);
        request.Headers.Add(ApiKeyAuthentication.ApiKeyHeader, key);
        return await Invoker(server).SendAsync(request, cancellationToken);
    }

    HttpMessageInvoker Invoker(InProcessServer server)
    {
        lock (sync)
        {
            return invoker ??= new(server.CreateHandler());
        }
    }

    protected override void Dispose(bool disposing)
    {
        invoker?.Dispose();
        base.Dispose(disposing);
    }
}
