using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using MassTransit;

namespace JobSystem.JobApi.Dispatch;

/// <summary>Known queues and the tasks of their jobs, stored as rows shared by all instances. Additions are announced to workers.</summary>
public sealed partial class JobQueues(IJobStore store, IBrokerQueues broker, QueueLimitCache queueLimits, IBus bus, ILogger<JobQueues> logger) : IAsyncDisposable
{
    static readonly TimeSpan deadline = TimeSpan.FromSeconds(10);
    readonly ConcurrentDictionary<string, bool> known = new();
    readonly ConcurrentDictionary<QueuedTask, bool> knownTasks = new();
    readonly SemaphoreSlim announcing = new(1, 1);

    // Added in batches, so that many new tasks do not delay other writes
    readonly BatchQueue<QueuedTask, bool> additions = new(new(1000), parallelFlushes: 1, async (tasks, cancellationToken) =>
    {
        await store.AddQueuedTasks(tasks, cancellationToken);
        return [.. tasks.Select(_ => true)];
    });
    int announcementsWanted;

    /// <summary>Creates the queue if it does not exist. Returns true if it was created.</summary>
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

    /// <summary>Declares the broker queue for tickets of this task and announces it to workers.</summary>
    public async ValueTask EnsureTickets(QueuedTask task, CancellationToken cancellationToken)
    {
        await broker.Declare(task, cancellationToken);
        if (knownTasks.ContainsKey(task))
        {
            return;
        }
        await additions.Enqueue(task, cancellationToken);
        knownTasks[task] = true;
        // Even if it exists: the instance that added it may have died before announcing it
        _ = Announce();
    }

    /// <summary>The queues, which of them are paused, and the tasks of their jobs, split into messages of limited size.</summary>
    public async Task<IReadOnlyList<QueuesChanged>> Describe(CancellationToken cancellationToken)
    {
        var controls = await queueLimits.Refresh(cancellationToken);
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

    /// <summary>Announces the queues. If the message is lost, workers ask for it themselves. Concurrent calls share one announcement.</summary>
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

    /// <summary>Includes the comma, which matters for many short items.</summary>
    static int Bytes(Item item) => 1 + (item.Task is null ? MessageSize.Measure(item.Name ?? item.Paused) : MessageSize.Measure(item.Task));

    [LoggerMessage(2201, LogLevel.Warning, "Could not announce the queues; executors ask for them within a minute")]
    partial void LogUnannounced(Exception exception);

    /// <summary>Exactly one of the three is set.</summary>
    readonly record struct Item(string? Name, string? Paused, QueuedTask? Task);
}
