using System.Net;
using System.Net.Sockets;
using JobSystem.Executor;
using JobSystem.Hosting.OneProcess;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Health;
using JobSystem.Worker;
using Microsoft.Extensions.Options;

namespace JobSystem.Standalone;

/// <summary>The one-process system with the executor's tasks. No logic of its own beyond start-up checks and the greeting.</summary>
static class StandaloneHost
{
    const int Failed = 1;

    public static async Task<int> Run(Uri url, DirectoryInfo data, bool ephemeral, string? postgres, int slots, CancellationToken cancellationToken)
    {
        try
        {
            CheckPort(url);
            var key = Environment.GetEnvironmentVariable("JOBSYSTEM_ADMIN_KEY");
            using var opened = Open(data, ephemeral, postgres, key);
            await using var app = Build(url, opened, slots);
            await app.StartAsync(cancellationToken);
            Greet(app, url, opened);
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
        Uri url, SystemData data, int slots, IReadOnlyDictionary<string, string?>? settings = null, Action<JobWorkerOptions>? worker = null)
    {
        var builder = WebApplication.CreateBuilder([ServiceHost.WithoutReload]);
        var hasOthers = data is PostgresData;
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["JOBSYSTEM_SLOTS"] = slots.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["JOBSYSTEM_WORKER_NAME"] = builder.Configuration.Optional("JOBSYSTEM_WORKER_NAME") ?? (hasOthers ? $"{Environment.MachineName}-{url.Port}" : "standalone"),
        });
        builder.AddOneProcess(data, settings, hasOthers ? null : (bus, context) => bus.ConfigureExecutorEndpoints(context));
        // Who its worker is goes without saying
        builder.Logging.AddFilter("JobSystem.Worker.JobWorker", LogLevel.Warning);
        builder.WebHost.UseUrls(url.ToString());
        if (hasOthers)
        {
            builder.ConnectOwnWorker(data);
            builder.AddExecutorTasks();
        }
        else
        {
            builder.AddExecutor();
        }
        builder.Services.Configure<JobWorkerOptions>(x =>
        {
            x.MayEndProcess = false;
            worker?.Invoke(x);
        });
        var app = builder.Build();
        app.MapOneProcess();
        app.MapExecutor();
        return app;
    }

    static SystemData Open(DirectoryInfo data, bool ephemeral, string? postgres, string? key) =>
        postgres is not null ? new PostgresData(postgres, schema: null, key, DataFolder.Open(data, "--data DIR", key, hasOnlyKeys: true))
        : ephemeral ? DataFolder.OpenTemporary(key)
        : DataFolder.Open(data, "--data DIR", key);

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

    static void Greet(WebApplication app, Uri url, SystemData data)
    {
        var at = url.ToString().TrimEnd('/');
        Console.WriteLine($$"""
            JobSystem {{app.Services.GetRequiredService<ServiceInfo>().Version}}
              URL      {{at}}
              Pages    {{at}}/ui (sign in with the API key)
              Data     {{data.Describe()}}
              API key  {{data.AdminKey}}

            Submit a job:
              curl -s {{at}}/api/v1/jobs -H 'X-API-Key: {{data.AdminKey}}' -H 'Content-Type: application/json' -d '{"task_name":"echo","args":["hello"]}'
            """);
    }
}
