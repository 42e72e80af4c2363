using JobSystem.Hosting.OneProcess;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.Standalone;
using JobSystem.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Support.SingleProcess;

/// <summary>The whole system in the process of the tests, as standalone composes it: in a temporary folder, at a port of its own.</summary>
public sealed class RunningSystem : IAsyncDisposable
{
    readonly DataFolder folder;
    readonly WebApplication app;

    RunningSystem(DataFolder folder, WebApplication app)
    {
        (this.folder, this.app) = (folder, app);
        Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    public string Url { get; }

    public string AdminKey => folder.AdminKey;

    public IServiceProvider Services => app.Services;

    /// <param name="slots">Jobs that run at the same time.</param>
    /// <param name="settings">What is different from standalone. Default: nothing.</param>
    /// <param name="worker">Adds tasks. Default: none.</param>
    public static async Task<RunningSystem> Start(
        int slots, IReadOnlyDictionary<string, string?>? settings = null, Action<JobWorkerOptions>? worker = null)
    {
        var folder = DataFolder.OpenTemporary();
        try
        {
            var app = StandaloneHost.Build(new Uri("http://127.0.0.1:0"), folder, slots, settings, worker);
            await app.StartAsync();
            return new(folder, app);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A token as an administrator would print one, however long.</summary>
    public string Token(string owner, params string[] permissions)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(OwnTokens.Settings(new ConfigurationBuilder().Build(), () => folder.SigningKey)).Build();
        return TokenIssuer.Issue(JwtSettings.From(settings)!, owner, permissions, TimeSpan.FromMinutes(10), TimeProvider.System.GetUtcNow());
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Dispose();
    }
}
