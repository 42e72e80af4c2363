using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Bus;
using MassTransit;

namespace JobSystem.JobApi.Dispatch;

/// <summary>Known queues and the tasks of their jobs, stored as rows shared by all instances. New queues are announced to workers.</summary>
public sealed partial class JobQueues(IJobStore store, IBus bus, ILogger<JobQueues> logger) : IAsyncDisposable
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

    /// <summary>Stores the queue and the task before the first of their jobs: who looks for waiting jobs goes by what is stored.</summary>
    public ValueTask Ensure(QueuedTask task, CancellationToken cancellationToken) => knownTasks.ContainsKey(task) ? default : new(Add(task, cancellationToken));

    async Task Add(QueuedTask task, CancellationToken cancellationToken)
    {
        await Ensure(task.QueueName, cancellationToken);
        await additions.Enqueue(task, cancellationToken);
        knownTasks[task] = true;
    }

    /// <summary>The names of all queues.</summary>
    public Task<IReadOnlyList<string>> Names(CancellationToken cancellationToken) => store.QueueNames(cancellationToken);

    /// <summary>The queues, split into messages of limited size.</summary>
    public async Task<IReadOnlyList<QueuesChanged>> Describe(CancellationToken cancellationToken) => Cut(await Names(cancellationToken));

    /// <summary>The comma matters for many short names.</summary>
    internal static IReadOnlyList<QueuesChanged> Cut(IEnumerable<string> names) =>
        [.. MessageSize.Cut(names, x => 1 + MessageSize.Measure(x)).Select(part => new QueuesChanged { Names = part })];

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

    [LoggerMessage(2201, LogLevel.Warning, "Could not announce the queues; executors ask for them within a minute")]
    partial void LogUnannounced(Exception exception);
}
