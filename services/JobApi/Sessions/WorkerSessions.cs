using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.ServiceDefaults.Caching;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Sessions;

/// <summary>The workers that are connected over HTTP. They are stored, so that each instance of JobApi serves each of them, also after a restart.</summary>
public sealed class WorkerSessions(JobQueries database, TaskRegistry tasks, TimeProvider time)
{
    const int MostKept = 10_000;

    /// <summary>As often as a worker on the bus announces its tasks.</summary>
    static readonly TimeSpan announceAfter = TimeSpan.FromMinutes(1);
    readonly BoundedCache<string, Kept> sessions = new(MostKept);

    /// <summary>Stores a session, and announces its tasks.</summary>
    public async Task Add(WorkerSession session, CancellationToken cancellationToken)
    {
        await database.Run(async (context, ct) =>
        {
            // The answer to a first try may have been lost
            if (!await context.WorkerSessions.AnyAsync(x => x.Id == session.Id, ct))
            {
                context.Add(ToRow(session));
                await context.SaveChangesAsync(ct);
            }
            return true;
        }, cancellationToken);
        var kept = new Kept(session);
        sessions.Set(session.Id, kept);
        await Announce(kept, cancellationToken);
    }

    /// <summary>Null if the caller has no such session.</summary>
    public async ValueTask<WorkerSession?> Find(string id, string owner, CancellationToken cancellationToken) =>
        await Find(id, cancellationToken) is { } kept && kept.Session.Owner == owner ? kept.Session : null;

    /// <summary>Announces the tasks of the session again if the last time is long ago.</summary>
    public async Task AnnounceAgain(WorkerSession session, CancellationToken cancellationToken)
    {
        if (await Find(session.Id, cancellationToken) is { } kept && time.GetElapsedTime(kept.AnnouncedAt) >= announceAfter)
        {
            await Announce(kept, cancellationToken);
        }
    }

    public async Task Remove(string id, CancellationToken cancellationToken)
    {
        await database.Run((context, ct) => context.WorkerSessions.Where(x => x.Id == id).ExecuteDeleteAsync(ct), cancellationToken);
        Forget(id);
    }

    /// <summary>The session may have been removed by another instance.</summary>
    public void Forget(string id) => sessions.Remove(id);

    async Task Announce(Kept kept, CancellationToken cancellationToken)
    {
        kept.AnnouncedAt = time.GetTimestamp();
        await tasks.Announce(kept.Session.Id, kept.Session.Tasks, cancellationToken);
    }

    async ValueTask<Kept?> Find(string id, CancellationToken cancellationToken)
    {
        if (sessions.TryGet(id, out var known))
        {
            return known;
        }
        var row = WorkerSession.IsId(id)
            ? await database.Run((context, ct) => context.WorkerSessions.AsNoTracking().FirstOrDefaultAsync(x => x.Id == id, ct), cancellationToken)
            : null;
        return row is null ? null : sessions.GetOrAdd(id, () => new(FromRow(row)));
    }

    static WorkerSessionRow ToRow(WorkerSession session) => new()
    {
        Id = session.Id,
        Owner = session.Owner,
        Name = session.Name,
        Host = session.Host,
        Version = session.Version,
        Slots = session.Slots,
        Queues = NameList.Write(session.Queues),
        Tasks = JsonSerializer.Serialize(session.Tasks),
        Secret = session.Secret,
        StartedAt = session.StartedAt,
    };

    static WorkerSession FromRow(WorkerSessionRow row) => new()
    {
        Id = row.Id,
        Owner = row.Owner,
        Name = row.Name,
        Host = row.Host,
        Version = row.Version,
        Slots = row.Slots,
        Queues = NameList.Read(row.Queues),
        Tasks = JsonSerializer.Deserialize<List<AnnouncedTask>>(row.Tasks)!,
        Secret = row.Secret,
        StartedAt = row.StartedAt,
    };

    sealed class Kept(WorkerSession session)
    {
        public WorkerSession Session => session;
        public long AnnouncedAt { get; set; }
    }
}
