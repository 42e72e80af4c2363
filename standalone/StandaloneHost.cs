using System.Net;
using System.Net.Sockets;
using JobSystem.Executor;
using JobSystem.JobApi;
using JobSystem.Monitoring;
using JobSystem.Scheduler;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.Worker;
using Microsoft.Extensions.Options;

namespace JobSystem.Standalone;

/// <summary>Composes all services in one process. No logic of its own beyond start-up checks and the greeting.</summary>
static class StandaloneHost
{
    const int Failed = 1;

    public static async Task<int> Run(Uri url, DirectoryInfo data, bool ephemeral, int slots, CancellationToken cancellationToken)
    {
        try
        {
            CheckPort(url);
            using var folder = DataFolder.Open(data, ephemeral);
            await using var app = Build(url, folder, slots);
            await app.StartAsync(cancellationToken);
            Greet(app, url, folder);
            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception error) when (error is StartupException or SettingException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return Failed;
        }
    }

    /// <param name="settings">What a test wants to be different.</param>
    /// <param name="worker">Tasks that a test adds.</param>
    internal static WebApplication Build(
        Uri url, DataFolder folder, int slots, IReadOnlyDictionary<string, string?>? settings = null, Action<JobWorkerOptions>? worker = null)
    {
        var builder = WebApplication.CreateBuilder([ServiceHost.WithoutReload]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            // One process on purpose: settings of a distributed system in the environment must not leak in
            ["JOBSYSTEM_RABBITMQ"] = "",
            ["JOBSYSTEM_POSTGRES"] = "",
            ["JOBSYSTEM_API_URL"] = "",
            ["JOBSYSTEM_DATA"] = folder.Path,
            ["JOBSYSTEM_ADMIN_KEY"] = folder.AdminKey,
            ["JOBSYSTEM_SLOTS"] = slots.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["JOBSYSTEM_WORKER_NAME"] = "standalone",
        });
        builder.Configuration.AddInMemoryCollection(Tokens.Settings(builder.Configuration, () => folder.SigningKey));
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.AddServiceDefaults();
        builder.AddCrossOriginCalls();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning)
            // Who its worker is goes without saying
            .AddFilter("JobSystem.Worker.JobWorker", LogLevel.Warning);
        builder.WebHost.UseUrls(url.ToString());
        builder.AddJobSystemAuthentication();
        builder.AddJobApi();
        builder.AddExecutor();
        builder.Services.Configure<JobWorkerOptions>(x =>
        {
            x.MayEndProcess = false;
            worker?.Invoke(x);
        });
        builder.AddScheduler();
        builder.AddMonitoring();
        builder.AddJobSystemBus(
            bus =>
            {
                bus.AddJobApiConsumers();
                bus.AddSchedulerConsumers();
                bus.AddMonitoringConsumers();
            },
            (context, bus) =>
            {
                bus.ConfigureJobApiEndpoints(context);
                bus.ConfigureExecutorEndpoints(context);
                bus.ConfigureSchedulerEndpoints(context);
                bus.ConfigureMonitoringEndpoints(context);
            });
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapJobApi();
        app.MapExecutor();
        app.MapScheduler();
        app.MapMonitoring();
        app.MapGet("/", () => TypedResults.Redirect("/ui/")).AllowAnonymous().ExcludeFromDescription();
        app.MapApiDocuments();
        app.MapApiReference();
        return app;
    }

    static void CheckPort(Uri url)
    {
        try
        {
            var addresses = url.HostNameType == UriHostNameType.Dns ? Dns.GetHostAddresses(url.DnsSafeHost) : [IPAddress.Parse(url.DnsSafeHost)];
            using var probe = new TcpListener(addresses[0], url.Port);
            probe.Start();
        }
        catch (SocketException error)
        {
            throw new StartupException($"Cannot listen on {url}: {error.Message}. Choose another address with --urls http://127.0.0.1:PORT.");
        }
    }

    static void Greet(WebApplication app, Uri url, DataFolder folder)
    {
        var at = url.ToString().TrimEnd('/');
        Console.WriteLine($$"""
            JobSystem {{app.Services.GetRequiredService<ServiceInfo>().Version}}
              URL      {{at}}
              Pages    {{at}}/ui (sign in with the API key)
              Data     {{folder.Describe()}}
              API key  {{folder.AdminKey}}

            Submit a job:
              curl -s {{at}}/api/v1/jobs -H 'X-API-Key: {{folder.AdminKey}}' -H 'Content-Type: application/json' -d '{"task_name":"echo","args":["hello"]}'
            """);
    }
}

/// <summary>The process cannot start; the message says why and what to do.</summary>
sealed class StartupException(string message) : Exception(message);
