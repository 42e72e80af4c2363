using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Workers;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Queues;

/// <summary>
/// How many jobs each queue has. With a million waiting jobs the count takes its time: it is kept for twenty times as long as it took, so that
/// it never takes more than a twentieth of a connection, however often it is asked for. Past that time one that took long is handed out
/// while a new one is made, so that only the first caller waits.
/// </summary>
public sealed class QueueNumbers(JobQueries database, WorkerDirectory workers, TimeProvider time) : IDisposable
{
    const int Keep = 20;
    static readonly TimeSpan longWait = TimeSpan.FromMilliseconds(50);
    readonly SemaphoreSlim turn = new(1, 1);
    Counted? last;

    public void Forget() => last = null;

    public async Task<IReadOnlyDictionary<string, QueueCounts>> Read(CancellationToken cancellationToken)
    {
        if (last is not { } kept || (IsOver(kept) && kept.Took < longWait))
        {
            await turn.WaitAsync(cancellationToken);
            return await Renew(cancellationToken);
        }
        if (IsOver(kept) && turn.Wait(TimeSpan.Zero, CancellationToken.None))
        {
            _ = Renew(CancellationToken.None);
        }
        return kept.Queues;
    }

    bool IsOver(Counted kept) => time.GetElapsedTime(kept.At) >= kept.Took * Keep;

    /// <summary>Ends the caller's turn. After a failure the next caller waits, and hears of it.</summary>
    async Task<Dictionary<string, QueueCounts>> Renew(CancellationToken cancellationToken)
    {
        try
        {
            var began = time.GetTimestamp();
            var queues = Merge(await database.Run(Count, cancellationToken), await workers.Live(cancellationToken));
            last = new(queues, time.GetTimestamp(), time.GetElapsedTime(began));
            return queues;
        }
        catch
        {
            last = null;
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    static async Task<Dictionary<string, QueueCounts>> Count(JobsDbContext context, CancellationToken cancellationToken)
    {
        var jobs = await context.Jobs.AsNoTracking().Where(x => x.CompletedAt == null).GroupBy(x => x.QueueName).Select(queue => new
        {
            Name = queue.Key,
            Waiting = queue.Count(x => x.CurrentState == "pending" && x.NotBefore == null),
            Scheduled = queue.Count(x => x.CurrentState == "retrying" || (x.CurrentState == "pending" && x.NotBefore != null)),
            Running = queue.Count(x => x.CurrentState == "reserved" || x.CurrentState == "running"),
            OldestAt = queue.Min(x => x.CurrentState == "pending" && x.NotBefore == null ? (DateTimeOffset?)x.CreatedAt : null),
        }).ToListAsync(cancellationToken);
        return jobs.ToDictionary(x => x.Name, x => new QueueCounts
        {
            Waiting = x.Waiting,
            Scheduled = x.Scheduled,
            Running = x.Running,
            OldestAt = x.OldestAt,
        });
    }

    static Dictionary<string, QueueCounts> Merge(Dictionary<string, QueueCounts> queues, IReadOnlyList<WorkerRow> workers)
    {
        foreach (var (name, count) in workers.SelectMany(WorkerDirectory.Queues).CountBy(x => x))
        {
            queues[name] = (queues.GetValueOrDefault(name) ?? new()) with { Workers = count };
        }
        return queues;
    }

    public void Dispose() => turn.Dispose();

    sealed record Counted(Dictionary<string, QueueCounts> Queues, long At, TimeSpan Took);
}
