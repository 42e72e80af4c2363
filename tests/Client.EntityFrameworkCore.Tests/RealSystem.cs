using JobSystem.Hosting.OneProcess;
using JobSystem.Standalone;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>The whole system in one process, with the tasks of the shop. Jobs in the queue <c>still</c> wait.</summary>
public sealed class RealSystem : IAsyncLifetime
{
    DataFolder folder = null!;
    WebApplication app = null!;

    public string Url { get; private set; } = "";
    public string AdminKey => folder.AdminKey;
    public JobSystemClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        folder = DataFolder.OpenTemporary();
        app = StandaloneHost.Build(new Uri("http://127.0.0.1:0"), folder, slots: 2, worker: x =>
        {
            x.Tasks.MapTask<MakeInvoice, string>((job, _, _) => Task.FromResult($"invoice of {job.OrderId}"));
            x.Tasks.MapTask<MakeNote>((_, _, _) => Task.CompletedTask);
        });
        await app.StartAsync();
        Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Client = new(Url, AdminKey);
        await Eventually.Holds(async () => (await Client.Tasks.List()).Items.Any(x => x.Name == "make_note"));
        await Client.Queues.Put("still", new());
        await Client.Queues.Pause("still");
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Dispose();
    }
}
