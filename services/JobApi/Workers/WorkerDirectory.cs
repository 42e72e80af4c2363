using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Workers;

/// <summary>The list of workers, updated by their heartbeats. A worker without heartbeats for one lease is lost; after a day it is removed.</summary>
public sealed class WorkerDirectory(JobQueries database, DatabaseClock clock, HeartbeatGaps gaps, IOptions<LifecycleOptions> options)
{
    /// <summary>Status of a worker that has missed its heartbeats.</summary>
    public const string Lost = "lost";

    /// <summary>Status in the last heartbeat of a worker that shuts down; removes it from the list.</summary>
    const string Stopped = "stopped";

    static readonly TimeSpan forgetAfter = TimeSpan.FromDays(1);

    public Task Update(WorkerHeartbeat beat, CancellationToken cancellationToken) => beat.Status == Stopped
        ? database.Run((context, ct) => context.Workers.Where(x => x.Id == beat.WorkerId).ExecuteDeleteAsync(ct), cancellationToken)
        : database.Run((context, ct) => Upsert(context, beat, ct), cancellationToken);

    async Task<bool> Upsert(JobsDbContext context, WorkerHeartbeat beat, CancellationToken cancellationToken)
    {
        var row = await context.Workers.FirstOrDefaultAsync(x => x.Id == beat.WorkerId, cancellationToken);
        if (row is null)
        {
            row = new() { Id = beat.WorkerId, Name = "", Host = "", Version = "", Status = "", Queues = "", Attempts = "" };
            context.Workers.Add(row);
            var gone = clock.UtcNow - forgetAfter;
            await context.Workers.Where(x => x.LastSeenAt < gone).ExecuteDeleteAsync(cancellationToken);
            var left = context.WorkerSessions.Where(x => x.StartedAt < gone && !context.Workers.Any(worker => worker.Id == x.Id));
            await left.ExecuteDeleteAsync(cancellationToken);
        }
        (row.Name, row.Host, row.Version, row.Status, row.StartedAt, row.LastSeenAt) = (beat.Name, beat.Host, beat.Version, beat.Status, beat.StartedAt, clock.UtcNow);
        (row.Slots, row.Running, row.Processed, row.Failed) = (beat.Slots, Math.Min(beat.Slots, beat.Attempts.Count), beat.Processed, beat.Failed);
        row.Queues = JsonSerializer.Serialize(beat.Queues);
        row.Attempts = JsonSerializer.Serialize(beat.Attempts);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException)
        {
            // Another instance handles a heartbeat of this worker at the same time; the next heartbeat updates the row
        }
        return true;
    }

    public Task<List<WorkerRow>> List(CancellationToken cancellationToken) => database.Run(
        (context, ct) => context.Workers.AsNoTracking().OrderBy(x => x.Name).ThenBy(x => x.StartedAt).ToListAsync(ct), cancellationToken);

    /// <summary>Finds a worker by id or by a unique name; of several workers with the name, the live one.</summary>
    public async Task<WorkerRow?> Find(string idOrName, CancellationToken cancellationToken)
    {
        var found = await database.Run((context, ct) => context.Workers.AsNoTracking().Where(x => x.Id == idOrName || x.Name == idOrName).ToListAsync(ct), cancellationToken);
        if (found.Find(x => x.Id == idOrName) is { } exact)
        {
            return exact;
        }
        var live = found.Where(x => !IsLost(x)).ToList();
        return live.Count == 1 ? live[0] : found.Count == 1 ? found[0] : null;
    }

    public async Task<IReadOnlyList<WorkerRow>> Live(CancellationToken cancellationToken)
    {
        var all = await List(cancellationToken);
        return all.FindAll(x => !IsLost(x));
    }

    public string StatusOf(WorkerRow worker) => IsLost(worker) ? Lost : worker.Status;

    /// <summary>True if no heartbeat arrived for one lease, not counting times in which none could be handled.</summary>
    public bool IsLost(WorkerRow worker) => worker.LastSeenAt + options.Value.Lease + gaps.Since(worker.LastSeenAt, whileRunning: true) < clock.UtcNow;

    public static IReadOnlyList<string> Queues(WorkerRow worker) => NameList.Read(worker.Queues);

    public static IReadOnlyList<HeldAttempt> Attempts(WorkerRow worker) => JsonSerializer.Deserialize<HeldAttempt[]>(worker.Attempts) ?? [];
}
