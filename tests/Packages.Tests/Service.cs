using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>A program of this repository that answers HTTP requests, with a folder and a port of its own.</summary>
sealed class Service : IAsyncDisposable
{
    public const string Key = "a-key-for-the-tests-of-packages";

    readonly TemporaryFolder folder = TemporaryFolder.Create("service");
    WatchedProcess? process;

    public string Address { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    /// <summary>The whole system in one process.</summary>
    public static Task<Service> StartStandalone() => Start("Standalone", "", "--ephemeral");

    /// <summary>Jobs with a broker: what a system needs besides workers.</summary>
    public static async Task<Service> StartJobApi(Uri broker) => await Start("JobApi", broker.ToString());

    static async Task<Service> Start(string project, string broker, params string[] arguments)
    {
        var service = new Service();
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.Combine(Repository.Root, "artifacts", "bin", project, configuration, $"JobSystem.{project}.dll");
        var log = service.folder.At("service.log");
        service.process = await WatchedProcess.Start(new(["dotnet", program, "--urls", service.Address, .. arguments], log)
        {
            Environment = new Dictionary<string, string>
            {
                ["JOBSYSTEM_ADMIN_KEY"] = Key,
                ["JOBSYSTEM_RABBITMQ"] = broker,
                ["JOBSYSTEM_POSTGRES"] = "",
                ["JOBSYSTEM_DATA"] = service.folder.At("data"),
            },
        });
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Eventually.Passes(async () =>
        {
            Assert.False(service.process.HasExited, $"{project} ended: {await File.ReadAllTextAsync(log)}");
            using var answer = await http.GetAsync($"{service.Address}/health/ready");
            answer.EnsureSuccessStatusCode();
        });
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
        folder.Dispose();
    }
}
