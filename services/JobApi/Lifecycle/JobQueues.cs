using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>The queues that exist, the tasks that they have jobs of, and news to the executors when one is added. Each is a row, so that every instance has the same.</summary>
public sealed partial class JobQueues(IJobStore store, IBrokerQueues broker, QueueLimitCache gate, IBus bus, ILogger<JobQueues> logger) : IAsyncDisposable
{
    static readonly TimeSpan deadline = TimeSpan.FromSeconds(10);
    readonly ConcurrentDictionary<string, bool> known = new();
    readonly ConcurrentDictionary<QueuedTask, bool> knownTasks = new();
    readonly SemaphoreSlim announcing = new(1, 1);

    // Many new ones at once must not stand between others and the database one by one
    readonly BatchQueue<QueuedTask, bool> additions = new(new(1000), parallelFlushes: 1, async (tasks, cancellationToken) =>
    {
        await store.AddQueuedTasks(tasks, cancellationToken);
        return [.. tasks.Select(_ => true)];
    });
    int announcementsWanted;

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
            _ = Announce();
        }
        return isNew;
    }

    /// <summary>Makes sure that tickets of this task have a broker queue, and that the executors which have the task take from it.</summary>
    public async ValueTask EnsureTickets(QueuedTask task, CancellationToken cancellationToken)
    {
        await broker.Declare(task, cancellationToken);
        if (knownTasks.ContainsKey(task))
        {
            return;
        }
        await additions.Enqueue(task, cancellationToken);
        knownTasks[task] = true;
        // Also when it is not new: the instance that added it may have died before it said so
        _ = Announce();
    }

    /// <summary>Which queues there are, which of them are paused, and which tasks they have jobs of, in as many messages as it takes.</summary>
    public async Task<IReadOnlyList<QueuesChanged>> Describe(CancellationToken cancellationToken)
    {
        var controls = await gate.Refresh(cancellationToken);
        return Cut(await store.QueueNames(cancellationToken), controls.Paused, await store.QueuedTasks(cancellationToken));
    }

    internal static IReadOnlyList<QueuesChanged> Cut(IEnumerable<string> names, IEnumerable<string> paused, IEnumerable<QueuedTask> tasks)
    {
        var items = names.Select(x => new Item(x, null, null))
            .Concat(paused.Select(x => new Item(null, x, null)))
            .Concat(tasks.Select(x => new Item(null, null, x)));
        var parts = MessageSize.Cut(items, Bytes).DefaultIfEmpty([]).ToList();
        var id = Guid.CreateVersion7();
        return [.. parts.Select((part, n) => new QueuesChanged
        {
            Names = [.. part.Select(x => x.Name).OfType<string>()],
            Paused = [.. part.Select(x => x.Paused).OfType<string>()],
            Tasks = [.. part.Select(x => x.Task).OfType<QueuedTask>()],
            Part = parts.Count == 1 ? null : new() { NewsId = id, Number = n + 1, Count = parts.Count },
        })];
    }

    /// <summary>News only: a lost message is made up for by the executors' own questions. What is asked for while one is being sent shares the next one.</summary>
    public async Task Announce()
    {
        Interlocked.Increment(ref announcementsWanted);
        using var limit = new CancellationTokenSource(deadline);
        try
        {
            await announcing.WaitAsync(limit.Token);
            try
            {
                if (Interlocked.Exchange(ref announcementsWanted, 0) > 0)
                {
                    foreach (var news in await Describe(limit.Token))
                    {
                        await bus.Publish(news, limit.Token);
                    }
                }
            }
            finally
            {
                announcing.Release();
            }
        }
        catch (Exception exception)
        {
            LogUnannounced(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await additions.DisposeAsync();
        announcing.Dispose();
    }

    /// <summary>With the comma: there may be many that are short.</summary>
    static int Bytes(Item item) => 1 + (item.Task is null ? MessageSize.Measure(item.Name ?? item.Paused) : MessageSize.Measure(item.Task));

    [LoggerMessage(2201, LogLevel.Warning, "Could not announce the queues; executors ask for them within a minute")]
    partial void LogUnannounced(Exception exception);

    /// <summary>One of the three.</summary>
    readonly record struct Item(string? Name, string? Paused, QueuedTask? Task);
}

/// <summary>The broker's side of the job queues; RabbitMQ and the in-memory transport differ in it.</summary>
public interface IBrokerQueues
{
    /// <summary>True when a restart of this process loses all tickets and every executor with it.</summary>
    bool DiesWithProcess { get; }

    /// <summary>Makes sure that tickets sent to <see cref="Address"/> have somewhere to go.</summary>
    Task Declare(QueuedTask task, CancellationToken cancellationToken);

    /// <summary>A ticket came back as unroutable: declare the broker queue again before the next one.</summary>
    void Forget(QueuedTask task);

    Uri Address(QueuedTask task);

    /// <summary>Removes the tickets that wait in the broker queue.</summary>
    Task Purge(QueuedTask task, CancellationToken cancellationToken);

    /// <summary>Tickets ready in the broker queue; null when there is no such queue.</summary>
    Task<long?> Depth(QueuedTask task, CancellationToken cancellationToken);
}

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

    /// <summary>All tickets are in the hands of the executor, which declines them.</summary>
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
            // The name is taken: an executor has subscribed
        }
    }
}
