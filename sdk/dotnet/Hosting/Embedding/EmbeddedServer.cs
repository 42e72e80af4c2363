using JobSystem.Hosting.OneProcess;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace JobSystem.Hosting.Embedding;

/// <summary>Takes requests from the application around it instead of from a socket.</summary>
sealed class EmbeddedServer : IServer
{
    Func<IFeatureCollection, Task>? process;

    public IFeatureCollection Features { get; } = ServerFeatures();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull
    {
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
        return Task.CompletedTask;
    }

    public Task Process(IFeatureCollection features) => process!(features);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // It holds nothing
    }

    static FeatureCollection ServerFeatures()
    {
        var features = new FeatureCollection();
        var addresses = new ServerAddressesFeature();
        addresses.Addresses.Add(InProcessServer.Address);
        features.Set<IServerAddressesFeature>(addresses);
        return features;
    }
}
