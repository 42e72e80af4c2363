using System.Collections.Concurrent;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// Rows that this process wrote a moment ago: the next event of such a job needs no load. A row may be out of date because
/// another process went on with it; the version check of the write finds that out, and what would need no write is decided
/// on a fresh load only.
/// </summary>
public sealed class HotRows
{
    const int Capacity = 20_000;
    const int MaxPayload = 8 * 1024;
    readonly ConcurrentDictionary<Guid, JobState> rows = new();
    readonly ConcurrentQueue<Guid> order = new();

    public JobState? Take(Guid id)
    {
        if (!rows.TryGetValue(id, out var row))
        {
            return null;
        }
        var copy = row.Clone();
        copy.IsFromMemory = true;
        return copy;
    }

    public void Keep(JobState row)
    {
        if ((row.Args?.Length ?? 0) + (row.Kwargs?.Length ?? 0) + (row.Metadata?.Length ?? 0) > MaxPayload)
        {
            rows.TryRemove(row.CorrelationId, out _);
            return;
        }
        if (!rows.ContainsKey(row.CorrelationId))
        {
            order.Enqueue(row.CorrelationId);
        }
        rows[row.CorrelationId] = row;
        while (order.Count > Capacity && order.TryDequeue(out var oldest))
        {
            rows.TryRemove(oldest, out _);
        }
    }

    public void Forget(Guid id) => rows.TryRemove(id, out _);
}
