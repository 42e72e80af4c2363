using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>The queues that exist: a row each, a broker queue each, and news to the executors when one is added.</summary>
public sealed class JobQueues(IJobStore store, IBrokerQueues broker, QueueGate gate, IBus bus)
{
    readonly ConcurrentDictionary<string, bool> known = new();

    /// <summary>Makes sure that the queue exists before a job is put into it. True when it is new.</summary>
    public async ValueTask<bool> Ensure(string name, CancellationToken cancellationToken)
    {
        if (known.ContainsKey(name))
        {
            return false;
        }
        var isNew = await store.AddQueue(name, cancellationToken);
        known[name] = true;
        if (isNew)
        {
            _ = Announce(name);
        }
        return isNew;
    }

    /// <summary>Which queues there are, and which of them are paused.</summary>
    public async Task<QueuesChanged> Describe(CancellationToken cancellationToken)
    {
        var controls = await gate.Refresh(cancellationToken);
        return new() { Names = await store.QueueNames(cancellationToken), Paused = [.. controls.Paused] };
    }

    /// <summary>News only: a lost message is made up for by the executors' own questions.</summary>
    public async Task Announce(string name)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await broker.Declare(name, deadline.Token);
            await bus.Publish(await Describe(deadline.Token), deadline.Token);
        }
        catch (Exception exception)
        {
            LogContext.Warning?.Log(exception, "Queue {QueueName} could not be announced; executors will ask for it", name);
        }
    }
}

/// <summary>The broker's side of the job queues; RabbitMQ and the in-memory transport differ in it.</summary>
public interface IBrokerQueues
{
    /// <summary>True when a restart of this process loses all tickets and every executor with it.</summary>
    bool DiesWithProcess { get; }

    /// <summary>Makes sure that tickets sent to <see cref="Address"/> have somewhere to go.</summary>
    Task Declare(string queueName, CancellationToken cancellationToken);

    /// <summary>A ticket came back as unroutable: declare the queue again before the next one.</summary>
    void Forget(string queueName);

    Uri Address(string queueName);

    /// <summary>Tickets ready in the queue; null when the broker has no such queue.</summary>
    Task<long?> Depth(string queueName, CancellationToken cancellationToken);
}

/// <summary>
/// The in-memory transport drops what is sent to a queue that no endpoint has had yet, and keeps it from then on: so an endpoint opens each
/// queue and leaves again, unless an executor of this process was faster.
/// </summary>
public sealed class InMemoryBrokerQueues(Func<IBus> bus) : IBrokerQueues
{
    readonly ConcurrentDictionary<string, Lazy<Task>> declared = new();

    public bool DiesWithProcess => true;

    public Task Declare(string queueName, CancellationToken cancellationToken) =>
        declared.GetOrAdd(queueName, name => new(() => Open(name))).Value.WaitAsync(cancellationToken);

    public void Forget(string queueName) => declared.TryRemove(queueName, out _);

    public Uri Address(string queueName) => new($"exchange:{BusAddresses.JobQueue(queueName)}");

    public Task<long?> Depth(string queueName, CancellationToken cancellationToken) => Task.FromResult<long?>(long.MaxValue);

    async Task Open(string queueName)
    {
        try
        {
            var endpoint = bus().ConnectReceiveEndpoint(BusAddresses.JobQueue(queueName), x => x.ConfigureConsumeTopology = false);
            await endpoint.Ready;
            await endpoint.StopAsync();
        }
        catch (ConfigurationException)
        {
            // The name is taken: an executor has subscribed
        }
    }
}
