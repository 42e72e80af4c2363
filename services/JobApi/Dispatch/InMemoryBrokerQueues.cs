using System.Collections.Concurrent;
using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// The in-memory transport has one queue for all tasks, as its only executor is in this process. It drops what is sent to a queue that no endpoint has
/// had yet, and keeps it from then on: so an endpoint opens each queue and leaves again, unless the executor was faster.
/// </summary>
public sealed class InMemoryBrokerQueues(Func<IBus> bus) : IBrokerQueues
{
    readonly ConcurrentDictionary<string, Lazy<Task>> declared = new();

    public bool DiesWithProcess => true;

    public Task Declare(QueuedTask task, CancellationToken cancellationToken) =>
        declared.GetOrAdd(task.QueueName, name => new(() => Open(name))).Value.WaitAsync(cancellationToken);

    public void Forget(QueuedTask task) => declared.TryRemove(task.QueueName, out _);

    public Uri Address(QueuedTask task) => new($"exchange:{BusAddresses.JobQueue(task.QueueName)}");

    /// <summary>Tells the worker to decline its waiting tickets; in memory there is no queue to purge.</summary>
    public async Task Purge(QueuedTask task, CancellationToken cancellationToken) =>
        await bus().Publish(new DropTickets { Tickets = task }, cancellationToken);

    public Task<long?> Depth(QueuedTask task, CancellationToken cancellationToken) => Task.FromResult<long?>(long.MaxValue);

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
            // The endpoint exists: a worker has subscribed
        }
    }
}
