using JobSystem.Client;
using JobSystem.Hosting.Embedding;
using JobSystem.Worker;
using JobSystem.Worker.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JobSystem.Hosting;

/// <summary>Adds JobSystem to an application.</summary>
public static class JobSystemServices
{
    /// <summary>
    /// Adds the whole system to the application: it starts and stops with it, runs the tasks that are added to the returned builder, and takes jobs through
    /// <see cref="IJobs"/> and <see cref="JobSystemClient"/>, without a connection. Its parts are in a container of their own, beside what the application has
    /// of the same. API and dashboard are served by <see cref="JobSystemEndpoints.MapJobSystem"/>.
    /// With the setting <c>JOBSYSTEM_URL</c> (and <c>JOBSYSTEM_API_KEY</c>) the application uses the system at that address instead: it enqueues jobs there,
    /// and is one of its workers.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="configure">Sets options. Default: SQLite files in the folder <c>jobsystem</c>.</param>
    /// <exception cref="InvalidOperationException">It was added before, or a worker or a client was.</exception>
    public static JobSystemBuilder AddJobSystem(this IHostApplicationBuilder builder, Action<JobSystemHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        Type[] own = [typeof(EmbeddedSystem), typeof(RemoteSystem), typeof(JobSystemClient), typeof(WorkerClient)];
        if (services.Any(x => own.Contains(x.ServiceType)))
        {
            throw new InvalidOperationException(
                "AddJobSystem is called once, and instead of AddJobWorker and AddJobSystemClient: it has a worker and a client of its own.");
        }
        if (builder.Configuration[RemoteSystem.UrlSetting] is { Length: > 0 } url)
        {
            services.AddSingleton(new RemoteSystem(url.TrimEnd('/')));
            services.AddJobSystemClient();
            services.AddJobWorker(x => x.MayEndProcess = false);
            return new(services);
        }
        services.AddOptions<JobSystemHostOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }
        services.AddSingleton<EmbeddedSystem>();
        services.AddHostedService(x => x.GetRequiredService<EmbeddedSystem>());
        services.AddSingleton(x => x.GetRequiredService<EmbeddedSystem>().CreateClient());
        services.AddSingleton<IJobs>(x => x.GetRequiredService<JobSystemClient>());
        services.AddSingleton(x => new WorkerClient(x.GetRequiredService<EmbeddedSystem>().CreateWorkerClient(), "this process"));
        services.AddJobWorker(x => x.MayEndProcess = false);
        return new(services);
    }
}
