using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Options;

namespace JobSystem.Hosting.Embedding;

/// <summary>Takes requests from the application around it instead of from a socket, and from clients in the process.</summary>
sealed class EmbeddedServer(IServiceProvider services) : IServer
{
    /// <summary>No name that is looked up.</summary>
    public const string Address = "http://jobsystem";

    // Its requests come from HttpClient, without a server of HTTP between
    readonly TestServer clients = new(services, Options.Create(new TestServerOptions { BaseAddress = new Uri(Address) }));
    Func<IFeatureCollection, Task>? process;

    public IFeatureCollection Features { get; } = ServerFeatures();

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull
    {
        await ((IServer)clients).StartAsync(application, cancellationToken);
        process = async features =>
        {
            var context = application.CreateContext(features);
            try
            {
                await application.ProcessRequestAsync(context);
                // What is still to be done to the response needs the request
                await features.GetRequiredFeature<IHttpResponseBodyFeature>().StartAsync();
                application.DisposeContext(context, null);
            }
            catch (Exception exception)
            {
                application.DisposeContext(context, exception);
                throw;
            }
        };
    }

    public HttpMessageHandler CreateHandler() => new TraceHandler { InnerHandler = clients.CreateHandler() };

    public Task Process(IFeatureCollection features) => process!(features);

    public Task StopAsync(CancellationToken cancellationToken) => ((IServer)clients).StopAsync(cancellationToken);

    public void Dispose() => clients.Dispose();

    static FeatureCollection ServerFeatures()
    {
        var features = new FeatureCollection();
        var addresses = new ServerAddressesFeature();
        addresses.Addresses.Add(Address);
        features.Set<IServerAddressesFeature>(addresses);
        return features;
    }
}
