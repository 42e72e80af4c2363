using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Workers;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Queues;

/// <summary>Number of jobs per queue, counted with an index that contains only jobs that are not final; see <see cref="CachedCount{T}"/>.</summary>
public sealed class QueueCountCache : IDisposable
{
    readonly CachedCount<IReadOnlyDictionary<string, QueueCounts>> count;

    public QueueCountCache(JobQueries database, WorkerDirectory workers, TimeProvider time) =>
        count = new(
            async ct => Merge(await database.Run(Count, ct), await workers.Live(ct)),
            x => x.Values.Sum(queue => (long)queue.Waiting + queue.Scheduled + queue.Running), time);

    public void Forget() => count.Forget();

    public Task<IReadOnlyDictionary<string, QueueCounts>> Read(CancellationToken cancellationToken) => count.Read(cancellationToken);

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

    public void Dispose() => count.Dispose();
}
