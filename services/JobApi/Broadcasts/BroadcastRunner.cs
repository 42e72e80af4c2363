using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Broadcasts;

/// <summary>
/// Runs a job on every live worker: one child job is pinned to each worker, and the parent ends when all children have ended. All state is
/// in the rows; work that a crash interrupts is repeated by the timer of the parent's row, and every step is idempotent.
/// </summary>
public sealed partial class BroadcastRunner(
    IJobStore store, JobQueries queries, JobEventProcessor processor, JobInserter inserter, BroadcastQueue queue, WorkerDirectory workers, TaskRegistry tasks, WaitingJobs waiting, TimeProvider time,
    Microsoft.Extensions.Options.IOptions<LifecycleOptions> options, ILogger<BroadcastRunner> logger) :
    BackgroundDuty
{
    const int AtOnce = 64;

    /// <summary>Workers without heartbeats, and since when that is known.</summary>
    readonly ConcurrentDictionary<string, long> silent = new();

    protected override async Task Wait(CancellationToken stoppingToken) => await queue.WaitToDequeue(stoppingToken);

    protected override Task Work(CancellationToken stoppingToken)
    {
        var batch = new List<Guid>();
        while (batch.Count < AtOnce && queue.TryDequeue(out var id))
        {
            batch.Add(id);
        }
        return Task.WhenAll(batch.Select(x => Advance(x, stoppingToken)));
    }

    /// <summary>Failed work is repeated by the row's timer.</summary>
    async Task Advance(Guid jobId, CancellationToken stoppingToken)
    {
        try
        {
            if (await store.Find(jobId, stoppingToken) is { } job)
            {
                await Advance(job, stoppingToken);
            }
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogDelayed(jobId, exception.GetBaseException().Message);
            throw;
        }
    }

    Task Advance(JobState job, CancellationToken stoppingToken) => (job.CurrentState, job.IsBroadcast) switch
    {
        (JobStatus.Pending, true) => Spread(job, stoppingToken),
        (JobStatus.Running, true) => CheckChildren(job, stoppingToken),
        (_, true) when JobStatus.IsFinal(job.CurrentState) => StopChildren(job, stoppingToken),
        (JobStatus.Pending, false) => Offer(job, job.PinnedTo!, stoppingToken),
        _ => Task.CompletedTask,
    };

    async Task Spread(JobState parent, CancellationToken stoppingToken)
    {
        var targets = await Targets(parent, stoppingToken);
        if (targets.Count > 0)
        {
            var children = targets.ConvertAll(x => new BroadcastChild(Guid.CreateVersion7(time.GetUtcNow()), x.Id, x.Name));
            await processor.Raise(new BroadcastSpread(parent.CorrelationId, parent.Attempt + 1, BroadcastResult.Write(children), children.Count), stoppingToken);
        }
    }

    /// <summary>The workers that can run the job, and those of them that are paused.</summary>
    async Task<List<WorkerRow>> Targets(JobState parent, CancellationToken stoppingToken)
    {
        await tasks.Refresh(stoppingToken);
        var able = tasks.Versions(parent.TaskName).Where(x => parent.TaskVersion is null || x.Task.Version == parent.TaskVersion).SelectMany(x => x.Workers).ToHashSet();
        var live = await workers.Live(stoppingToken);
        return [.. live.Where(x => x.Status is "running" or "paused" && able.Contains(x.Id) && WorkerDirectory.Queues(x).Contains(parent.QueueName))];
    }

    async Task CheckChildren(JobState parent, CancellationToken stoppingToken)
    {
        var children = BroadcastResult.Read(parent.Children);
        var rows = await store.Load([.. children.Select(x => x.JobId)], stoppingToken);
        if (parent.CancelRequestedAt is not null)
        {
            await Task.WhenAll(rows.Values.Where(x => !JobStatus.IsFinal(x.CurrentState) && x.CancelRequestedAt is null)
                .Select(x => processor.Raise(new CancelRequested(x.CorrelationId, parent.CancelReason, "broadcast"), stoppingToken)));
        }
        else if (parent.ChildrenInsertedAt is null)
        {
            await Task.WhenAll(children.Where(x => !rows.ContainsKey(x.JobId)).Select(x => inserter.Submit([CreateChild(parent, x)], stoppingToken)));
            await processor.Raise(new BroadcastCounted(parent.CorrelationId, parent.Attempt, 0), stoppingToken);
            // The parent may have been cancelled in the meantime
            queue.Enqueue(parent.CorrelationId);
            return;
        }
        await CountEnded(parent, children, stoppingToken);
    }

    /// <summary>The parent was force-completed while its children ran, or cancelled while another instance inserted them.</summary>
    async Task StopChildren(JobState parent, CancellationToken stoppingToken)
    {
        var children = await queries.Run((context, ct) => context.Jobs.AsNoTracking()
            .Where(x => x.ParentId == parent.CorrelationId && x.PinnedTo != null && x.CompletedAt == null && x.CancelRequestedAt == null)
            .Select(x => x.CorrelationId).ToListAsync(ct), stoppingToken);
        await Task.WhenAll(children.Select(x => processor.Raise(new CancelRequested(x, WhyStopped(parent), "broadcast"), stoppingToken)));
    }

    async Task CountEnded(JobState parent, IReadOnlyList<BroadcastChild> children, CancellationToken stoppingToken)
    {
        var rows = await store.Load([.. children.Select(x => x.JobId)], stoppingToken);
        var open = rows.Values.Count(x => !JobStatus.IsFinal(x.CurrentState));
        if (open > 0)
        {
            var progress = Math.Round(100.0 * (children.Count - open) / children.Count, 1);
            if (progress > parent.Progress)
            {
                await processor.Raise(new BroadcastCounted(parent.CorrelationId, parent.Attempt, progress), stoppingToken);
            }
            return;
        }
        var ended = new Dictionary<Guid, JobState>();
        foreach (var id in rows.Keys)
        {
            if (await store.Find(id, stoppingToken) is { } row)
            {
                ended[id] = row;
            }
        }
        var result = BroadcastResult.Write(children, ended);
        await processor.Raise(new BroadcastEnded(parent.CorrelationId, parent.Attempt, result, BroadcastResult.Failure(children, ended)), stoppingToken);
    }

    internal static JobState CreateChild(JobState parent, BroadcastChild child)
    {
        var job = new JobState
        {
            CorrelationId = child.JobId,
            ParentId = parent.CorrelationId,
            ParentKey = parent.Key,
            PinnedTo = child.WorkerId,
            TaskName = parent.TaskName,
            QueueName = parent.QueueName,
            Owner = parent.Owner,
            Traceparent = parent.Traceparent,
            ScheduleId = parent.ScheduleId,
        };
        parent.CopySpecTo(job);
        job.IsBroadcast = false;
        job.ScheduledAt = null;
        return job;
    }

    async Task Offer(JobState child, string workerId, CancellationToken stoppingToken)
    {
        // The cancel request did not see a child that was inserted after it, so each child checks its parent
        if (child.ParentId is { } parentId && await store.Find(parentId, stoppingToken) is var parent && !IsStillWanted(parent, child))
        {
            await processor.Raise(new CancelRequested(child.CorrelationId, WhyStopped(parent), "broadcast"), stoppingToken);
            return;
        }
        if (await IsGone(workerId, stoppingToken))
        {
            await processor.Raise(new PinnedWorkerLost(child.CorrelationId, workerId), stoppingToken);
            return;
        }
        waiting.AddPinned(workerId, child.CorrelationId, child.QueueName);
    }

    static bool IsStillWanted(JobState? parent, JobState child) =>
        parent is { CurrentState: JobStatus.Running, CancelRequestedAt: null } && BroadcastResult.Read(parent.Children).Any(x => x.JobId == child.CorrelationId);

    static string? WhyStopped(JobState? parent) => parent switch
    {
        { CancelRequestedAt: not null } => parent.CancelReason,
        { CurrentState: JobStatus.Completed } => "The broadcast was completed by hand.",
        _ => "The broadcast has ended.",
    };

    /// <summary>True if the worker shut down, or missed its heartbeats for one lease while the broker was available.</summary>
    async Task<bool> IsGone(string workerId, CancellationToken stoppingToken)
    {
        if (await workers.Find(workerId, stoppingToken) is not { } worker)
        {
            return true;
        }
        if (!workers.IsLost(worker))
        {
            silent.TryRemove(workerId, out _);
            return false;
        }
        return time.GetElapsedTime(silent.GetOrAdd(workerId, _ => time.GetTimestamp())) > options.Value.Lease;
    }

    [LoggerMessage(2181, LogLevel.Warning, "Broadcast job {JobId} is delayed, retrying: {Reason}")]
    partial void LogDelayed(Guid jobId, string reason);
}
