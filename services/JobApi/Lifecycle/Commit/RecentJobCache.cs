using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Lifecycle.Commit;

/// <summary>
/// Caches rows that this process wrote recently, so that the next event of the job needs no load. A cached row may be outdated if another
/// process has changed it; the version check of the write detects that. Decisions without a write are made on freshly loaded rows only.
/// </summary>
public sealed class RecentJobCache
{
    const int MaxRows = 20_000;
    const long MaxBytes = 64 << 20;

    /// <summary>Larger rows are not cached.</summary>
    const long MaxRowBytes = 18 * 1024;
    readonly Dictionary<Guid, (JobState Row, long Bytes)> rows = [];
    readonly Queue<Guid> order = new();
    readonly Lock gate = new();
    long bytes;

    public JobState? Get(Guid id)
    {
        lock (gate)
        {
            if (!rows.TryGetValue(id, out var cached))
            {
                return null;
            }
            var copy = cached.Row.Clone();
            copy.IsFromMemory = true;
            return copy;
        }
    }

    /// <summary>Keeps exactly what a load would return.</summary>
    public void Add(JobState written)
    {
        var row = written.Clone();
        (row.Result, row.Error, row.Fingerprint) = (null, null, null);
        var size = row.Bytes();
        lock (gate)
        {
            var isNew = !RemoveRow(row.CorrelationId);
            if (size > MaxRowBytes)
            {
                return;
            }
            rows[row.CorrelationId] = (row, size);
            bytes += size;
            if (isNew)
            {
                order.Enqueue(row.CorrelationId);
            }
            while ((order.Count > MaxRows || bytes > MaxBytes) && order.TryDequeue(out var oldest))
            {
                RemoveRow(oldest);
            }
        }
    }

    public void Remove(Guid id)
    {
        lock (gate)
        {
            RemoveRow(id);
        }
    }

    bool RemoveRow(Guid id)
    {
        if (!rows.Remove(id, out var cached))
        {
            return false;
        }
        bytes -= cached.Bytes;
        return true;
    }
}
