using JobSystem.Support;

namespace JobSystem.Packages.Tests;

/// <summary>The whole system in one process that keeps nothing.</summary>
sealed class Standalone : IAsyncDisposable
{
    public const string Key = "a-key-for-the-tests-of-packages";

    readonly TemporaryFolder folder = TemporaryFolder.Create("standalone");
    WatchedProcess? process;

    public string Address { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    public static async Task<Standalone> Start()
    {
        var system = new Standalone();
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var program = Path.Combine(Repository.Root, "artifacts", "bin", "Standalone", configuration, "JobSystem.Standalone.dll");
        var log = system.folder.At("standalone.log");
        system.process = await WatchedProcess.Start(new(["dotnet", program, "--urls", system.Address, "--ephemeral"], log)
        {
            Environment = new Dictionary<string, string> { ["JOBSYSTEM_ADMIN_KEY"] = Key },
        });
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Eventually.Passes(async () =>
        {
            Assert.False(system.process.HasExited, $"standalone ended: {await File.ReadAllTextAsync(log)}");
            using var answer = await http.GetAsync($"{system.Address}/health/ready");
            answer.EnsureSuccessStatusCode();
        });
        return system;
    }

    public async ValueTask DisposeAsync()
    {
        await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
        folder.Dispose();
    }
}
