using JobSystem.Client;
using JobSystem.ServiceDefaults.Authentication;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Calls the system in this process as its administrator.</summary>
/// <param name="connect">Called before each request; returns the server and the key.</param>
sealed class AdministratorHandler(Func<CancellationToken, ValueTask<(InProcessServer Server, string Key)>> connect) : HttpMessageHandler
{
    readonly Lock sync = new();
    HttpMessageInvoker? invoker;

    /// <param name="connect">Called before each request; returns the server and the key.</param>
    /// <param name="services">The container that the client belongs to.</param>
    /// <param name="patience">How long calls are repeated. Default: the client's own.</param>
    public static JobSystemClient CreateClient(
        Func<CancellationToken, ValueTask<(InProcessServer Server, string Key)>> connect, IServiceProvider services, TimeSpan? patience = null)
    {
        // The key is not known before the first request
        var options = new JobSystemClientOptions { Url = InProcessServer.Address, ApiKey = "of-the-administrator" };
        options.Patience = patience ?? options.Patience;
        return new(options, new AdministratorHandler(connect), services);
    }

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
