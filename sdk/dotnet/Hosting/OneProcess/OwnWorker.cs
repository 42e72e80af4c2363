using JobSystem.Worker.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Connects the process's worker by the worker protocol, so that every instance of the system can reach it.</summary>
static class OwnWorker
{
    public static void ConnectOwnWorker(this WebApplicationBuilder builder, SystemData data)
    {
        if (builder.Configuration["AllowedHosts"] is { Length: > 0 } hosts)
        {
            builder.Configuration.AddInMemoryCollection([new("AllowedHosts", $"{hosts};{new Uri(InProcessServer.Address).Host}")]);
        }
        var server = builder.Services.Last(x => x.ServiceType == typeof(IServer));
        builder.Services.Replace(ServiceDescriptor.Singleton<IServer>(x =>
            new InProcessServer((IServer)ActivatorUtilities.CreateInstance(x, server.ImplementationType!), x)));
        builder.Services.AddSingleton(provider =>
        {
            var started = Started(provider.GetRequiredService<IHostApplicationLifetime>());
            var client = AdministratorHandler.CreateClient(
                async cancellationToken =>
                {
                    await started.WaitAsync(cancellationToken);
                    return ((InProcessServer)provider.GetRequiredService<IServer>(), data.AdminKey);
                },
                provider, TimeSpan.Zero);
            return new WorkerClient(client, "this process");
        });
    }

    static Task Started(IHostApplicationLifetime lifetime)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStarted.Register(started.SetResult);
        return started.Task;
    }
}
