using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Events;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Queues;

/// <summary>Lists and changes queues. When a call returns, the change is effective on all instances.</summary>
public sealed partial class QueueDirectory(
    JobQueries database, IJobStore jobs, IQueueStore store, QueueCountCache queueCounts, JobQueues queues,
    QueueLimitCache queueLimits, WaitingJobs waiting, JobEventPublisher steps, RecentJobCache recent, JobCompletionWaiter completions, DatabaseClock clock, TimeProvider time, ILogger<QueueDirectory> logger)
{
    /// <summary>Rows per statement: a compromise between throughput and lock time.</summary>
    const int BatchSize = 5000;
    static readonly TimeSpan grantTimeout = TimeSpan.FromSeconds(2);

    public async Task<IReadOnlyList<QueueStatus>> List(CancellationToken cancellationToken)
    {
        var rows = await database.Run((context, ct) => context.Queues.AsNoTracking().OrderBy(x => x.Name).ToListAsync(ct), cancellationToken);
        var counts = await queueCounts.Read(cancellationToken);
        return [.. rows.Select(x => new QueueStatus(x, counts.GetValueOrDefault(x.Name) ?? new()))];
    }

    public async Task<QueueStatus?> Find(string name, CancellationToken cancellationToken)
    {
        var row = await Load(name, cancellationToken);
        return row is null ? null : new(row, (await queueCounts.Read(cancellationToken)).GetValueOrDefault(name) ?? new());
    }

    public Task<QueueRow?> Load(string name, CancellationToken cancellationToken) =>
        database.Run((context, ct) => context.Queues.AsNoTracking().FirstOrDefaultAsync(x => x.Name == name, ct), cancellationToken);

    /// <summary>
    /// False when there is no such queue. Once it is paused nothing of it starts: what was granted before has started, or its worker does not answer.
    /// </summary>
    public async Task<bool> Pause(string name, bool isPaused, CancellationToken cancellationToken)
    {
        var found = await store.Change(name, new() { IsPaused = isPaused }, cancellationToken);
        if (found)
        {
            await Decided(name, cancellationToken);
            if (isPaused)
            {
                await GrantsArrived(name, cancellationToken);
            }
        }
        return found;
    }

    /// <summary>True when the queue is new.</summary>
    internal async Task<bool> Change(string name, QueueSettings change, CancellationToken cancellationToken)
    {
        var isNew = await queues.Ensure(name, cancellationToken);
        await store.Change(name, change, cancellationToken);
        if (change.ChangesLimits)
        {
            await Decided(name, cancellationToken);
        }
        return isNew;
    }

    /// <summary>Applies the change on this instance; other instances detect it when they write claims.</summary>
    async Task Decided(string name, CancellationToken cancellationToken)
    {
        await queueLimits.Refresh(cancellationToken);
        waiting.NotifyChanged((await jobs.QueuedTasks(cancellationToken)).Where(x => x.QueueName == name));
    }

    /// <summary>Waits for grants that were sent before the pause.</summary>
    async Task GrantsArrived(string name, CancellationToken cancellationToken)
    {
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < grantTimeout && await store.AnyReserved(name, cancellationToken);)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        }
    }

    /// <summary>Cancels all jobs that are waiting in the queue. Continues even if the caller stops waiting.</summary>
    public Clearing Clear(string name, string by)
    {
        var clearing = new Clearing();
        clearing.Done = Clear(name, by, clearing);
        _ = clearing.Done.ContinueWith(
            x => LogStopped(x.Exception!, name, clearing.Cancelled),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return clearing;
    }

    async Task Clear(string name, string by, Clearing clearing)
    {
        var idle = 0;
        var before = clock.UtcNow;
        while (idle < 2)
        {
            var cancelled = await store.CancelWaiting(name, before, "The queue was cleared.", by, BatchSize, CancellationToken.None);
            foreach (var job in cancelled)
            {
                recent.Remove(job.CorrelationId);
                completions.Signal(job.CorrelationId);
                await steps.Enqueue(job, CancellationToken.None);
            }
            clearing.Cancelled += cancelled.Count;
            // Locked rows are skipped, so look again later
            idle = cancelled.Count == 0 ? idle + 1 : 0;
            if (cancelled.Count == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), time);
            }
        }
        queueCounts.Forget();
    }

    [LoggerMessage(2411, LogLevel.Warning, "Clearing queue {QueueName} stopped after {Count} jobs; request it again")]
    partial void LogStopped(Exception exception, string queueName, long count);
}

/// <summary>A queue that is being cleared.</summary>
public sealed class Clearing
{
    long cancelled;

    public Task Done { get; internal set; } = Task.CompletedTask;

    /// <summary>Jobs so far.</summary>
    public long Cancelled
    {
        get => Volatile.Read(ref cancelled);
        internal set => Volatile.Write(ref cancelled, value);
    }
}

public sealed record QueueStatus(QueueRow Queue, QueueCounts Counts);

/// <summary>The jobs of a queue that have not ended.</summary>
public sealed record QueueCounts
{
    /// <summary>Ready, and waiting for a worker.</summary>
    public int Waiting { get; init; }

    /// <summary>Scheduled jobs, and jobs that wait for a retry.</summary>
    public int Scheduled { get; init; }

    /// <summary>Held by workers.</summary>
    public int Running { get; init; }

    /// <summary>When the oldest of the waiting ones was submitted.</summary>
    public DateTimeOffset? OldestAt { get; init; }

    /// <summary>Live workers that serve the queue.</summary>
    public int Workers { get; init; }
}
