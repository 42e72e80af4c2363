using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Audit;

/// <summary>
/// Writes entries into the table, all that come while a commit is in flight with the next one. What the database does not take now waits
/// in memory; what cannot wait any more, or is never taken, is at least in the log.
/// </summary>
public sealed partial class AuditTrail : BackgroundDuty, IAuditTrail, IAsyncDisposable
{
    const int PerCommit = 200;
    const int MostWaiting = 10_000;
    static readonly TimeSpan patience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan pause = TimeSpan.FromSeconds(1);
    readonly IAuditStore store;
    readonly TimeProvider time;
    readonly ILogger<AuditTrail> logger;
    readonly BatchQueue<AuditEntry, bool> commits;
    readonly LinkedList<AuditEntry> waiting = [];
    readonly SemaphoreSlim turn = new(1, 1);

    public AuditTrail(IAuditStore store, TimeProvider time, ILogger<AuditTrail> logger)
    {
        (this.store, this.time, this.logger) = (store, time, logger);
        commits = new(new(PerCommit), 1, Commit);
    }

    /// <summary>The last entry of the chain that this process has seen. If it is missing or different later, the trail was tampered with.</summary>
    public AuditHead Seen { get; private set; } = AuditHead.None;

    public async Task Write(AuditEntry entry)
    {
        if (IsWaiting)
        {
            // In order, without making the caller wait for an unavailable database
            PutAside([entry]);
            return;
        }
        try
        {
            await Keep(entry).WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            LogLate(entry.Action, entry.Actor);
        }
    }

    bool IsWaiting
    {
        get
        {
            lock (waiting)
            {
                return waiting.Count > 0;
            }
        }
    }

    async Task Keep(AuditEntry entry)
    {
        try
        {
            await commits.Enqueue(entry, CancellationToken.None);
        }
        catch (StoreUnavailableException away)
        {
            LogUnwritten(entry.Action, entry.Actor, away.GetBaseException().Message);
            PutAside([entry]);
        }
        catch (Exception refused)
        {
            LogLost(entry, refused.GetBaseException().Message);
        }
    }

    async Task<IReadOnlyList<bool>> Commit(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        await Append(entries, cancellationToken);
        return [.. entries.Select(_ => true)];
    }

    async Task Append(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            var (before, after) = await store.Append(entries, cancellationToken);
            if (before.Id < Seen.Id || (before.Id == Seen.Id && before.Hash != Seen.Hash))
            {
                LogTampered(Seen.Id, before.Id);
                return;
            }
            Seen = after;
        }
        finally
        {
            turn.Release();
        }
    }

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(pause, time, stoppingToken);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        while (First() is { Length: > 0 } entries)
        {
            try
            {
                await Append(entries, stoppingToken);
            }
            catch (Exception refused) when (refused is not (StoreUnavailableException or OperationCanceledException))
            {
                Array.ForEach(entries, x => LogLost(x, refused.GetBaseException().Message));
            }
            Remove(entries);
            Progressed();
        }
    }

    protected override async Task Finish(CancellationToken cancellationToken)
    {
        try
        {
            await Work(cancellationToken);
        }
        catch (Exception away) when (away is StoreUnavailableException or OperationCanceledException)
        {
            lock (waiting)
            {
                foreach (var entry in waiting)
                {
                    LogLost(entry, "the service stops while the database is unavailable");
                }
            }
        }
    }

    AuditEntry[] First()
    {
        lock (waiting)
        {
            return [.. waiting.Take(PerCommit)];
        }
    }

    void Remove(AuditEntry[] entries)
    {
        lock (waiting)
        {
            Array.ForEach(entries, x => waiting.Remove(x));
        }
    }

    void PutAside(IEnumerable<AuditEntry> entries)
    {
        lock (waiting)
        {
            foreach (var entry in entries)
            {
                waiting.AddLast(entry);
            }
            for (; waiting.Count > MostWaiting; waiting.RemoveFirst())
            {
                LogLost(waiting.First!.Value, $"more than {MostWaiting} entries wait for the database");
            }
        }
    }

    void LogLost(AuditEntry entry, string reason) => LogLost(entry.At, entry.Actor, entry.Surface, entry.Action, entry.ObjectType, entry.ObjectId, entry.Outcome, reason);

    public async ValueTask DisposeAsync()
    {
        await commits.DisposeAsync();
        turn.Dispose();
    }

    [LoggerMessage(2301, LogLevel.Error, "Could not write the audit entry of {Action} by {Actor}; it is kept in memory and retried: {Reason}")]
    partial void LogUnwritten(string action, string actor, string reason);

    [LoggerMessage(2302, LogLevel.Error, "Audit entry of {Action} by {Actor} was not written in time; the response was sent first")]
    partial void LogLate(string action, string actor);

    [LoggerMessage(2303, LogLevel.Error, "Audit entry lost: {At} {Actor} {Surface} {Action} {ObjectType} {ObjectId} {Outcome}: {Reason}")]
    partial void LogLost(DateTimeOffset at, string actor, string surface, string action, string? objectType, string? objectId, string outcome, string reason);

    [LoggerMessage(2304, LogLevel.Critical, "Audit trail tampered with: its last entry was {Seen}; now it ends with {Found}, or with a different entry {Seen}")]
    partial void LogTampered(long seen, long found);
}
