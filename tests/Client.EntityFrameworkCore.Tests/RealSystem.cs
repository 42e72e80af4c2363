using JobSystem.Support;
using JobSystem.Support.SingleProcess;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>The whole system in one process, with the tasks of the shop. Jobs in the queue <c>still</c> wait.</summary>
public sealed class RealSystem : IAsyncLifetime
{
    RunningSystem system = null!;

    public string Url => system.Url;
    public string AdminKey => system.AdminKey;
    public JobSystemClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        system = await RunningSystem.Start(slots: 2, worker: x =>
        {
            x.Tasks.MapTask<MakeInvoice, string>((job, _, _) => Task.FromResult($"invoice of {job.OrderId}"));
            x.Tasks.MapTask<MakeNote>((_, _, _) => Task.CompletedTask);
        });
        Client = new(Url, AdminKey);
        await Eventually.Holds(async () => (await Client.Tasks.List()).Items.Any(x => x.Name == "make_note"));
        await Client.Queues.Put("still", new());
        await Client.Queues.Pause("still");
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await system.DisposeAsync();
    }
}
