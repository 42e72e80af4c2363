using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Options;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Serves clients within the process too, without a server of HTTP between.</summary>
/// <param name="outer">Serves everybody else.</param>
/// <param name="services">Of the application that is served.</param>
sealed class InProcessServer(IServer outer, IServiceProvider services) : IServer
{
    /// <summary>No name that is looked up.</summary>
    public const string Address = "http://jobsystem";

    readonly TestServer clients = new(services, Options.Create(new TestServerOptions { BaseAddress = new Uri(Address) }));

    public IServer Outer => outer;

    public IFeatureCollection Features => outer.Features;

    public HttpMessageHandler CreateHandler() => new TraceHandler { InnerHandler = clients.CreateHandler() };

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull
    {
        await ((IServer)clients).StartAsync(application, cancellationToken);
        await outer.StartAsync(application, cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await outer.StopAsync(cancellationToken);
        await ((IServer)clients).StopAsync(cancellationToken);
    }

    public void Dispose()
    {
        clients.Dispose();
        outer.Dispose();
    }
}
