using JobSystem.Api;
using JobSystem.Support;
using JobSystem.Support.SingleProcess;
using JobSystem.Worker;

namespace JobSystem.Client.Tests;

/// <summary>The whole system in one process, with tasks for the jobs of the shop.</summary>
public sealed class ClientHost : IAsyncLifetime
{
    RunningSystem system = null!;

    public string Url => system.Url;
    public string AdminKey => system.AdminKey;
    public JobSystemClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        system = await RunningSystem.Start(slots: 8, worker: x => Map(x.Tasks));
        Client = new(Url, AdminKey);
        await Eventually.Holds(async () => (await Client.Tasks.List()).Items.Any(x => x.Name == "make_full_invoice"));
        await Client.Queues.Put("still", new());
        await Client.Queues.Pause("still");
    }

    static void Map(JobTasks tasks)
    {
        tasks.MapTask<MakeFullInvoice, FullInvoiceMade>((job, context, _) =>
            Task.FromResult(new FullInvoiceMade($"{context.Attempt}-{job.OrderId:N}", job.PaidBy, job.OrderedAt, job)));
        tasks.MapTask<ClientPage.MakeInvoice, ClientPage.InvoiceMade>((job, _, _) => Task.FromResult(new ClientPage.InvoiceMade($"{job.OrderId}")));
        tasks.MapTask("make_note", (string text) => Task.FromResult(text));
        tasks.MapTask<RefuseNote, string>((job, _, _) => throw new InvalidOperationException(job.Why));
        tasks.MapTask<Order>((_, _, _) => Task.CompletedTask);
        tasks.MapTask("loose", (string text) => Task.FromResult(text)).WithAnyArguments();
    }

    /// <summary>A client whose requests pass handlers of a test.</summary>
    public JobSystemClient Through(HttpMessageHandler handler, TimeSpan? patience = null) =>
        new(new JobSystemClientOptions { Url = Url, ApiKey = AdminKey, Patience = patience ?? TimeSpan.FromSeconds(20) }, handler);

    /// <summary>How many jobs have a tag.</summary>
    public async Task<long> Count(string tag) => (await Client.Jobs.List(new JobSelection { Tags = [tag] })).Total;

    public static string NewTag() => $"t{Guid.CreateVersion7():N}";

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await system.DisposeAsync();
    }
}

[CollectionDefinition(nameof(ClientHost))]
public sealed class ClientHostGroup : ICollectionFixture<ClientHost>;

/// <summary>Sees each request that goes out, and may do something else with it.</summary>
sealed class Tap(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> pass) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        pass(request, () => base.SendAsync(request, cancellationToken));
}
