using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>
/// Submissions are too many for an entry each: those of one kind within a second share one, which counts them and names the jobs. It is
/// written in the background; until then the jobs' own rows are the record.
/// </summary>
public sealed class AuditTally(IAuditTrail trail, TimeProvider time) : BackgroundDuty
{
    const int MaxIds = 1000;
    static readonly TimeSpan interval = TimeSpan.FromSeconds(1);
    readonly Lock sync = new();
    readonly List<AuditEntry> full = [];
    Dictionary<AuditKind, Sum> sums = [];

    /// <param name="ids">What came into being; none when it was refused.</param>
    public void Add(in AuditKind kind, IReadOnlyList<string> ids)
    {
        lock (sync)
        {
            if (sums.TryGetValue(kind, out var sum) && sum.Ids.Count + ids.Count > MaxIds)
            {
                full.Add(Entry(kind, sum));
                sums.Remove(kind);
                sum = null;
            }
            if (sum is null)
            {
                sums[kind] = sum = new(time.GetUtcNow());
            }
            sum.Count += Math.Max(1, ids.Count);
            sum.Ids.AddRange(ids);
        }
    }

    protected internal override Task Wait(CancellationToken stoppingToken) => Task.Delay(interval, time, stoppingToken);

    protected internal override Task Work(CancellationToken stoppingToken) => Flush();

    protected internal override Task Finish(CancellationToken cancellationToken) => Flush();

    Task Flush()
    {
        List<AuditEntry> entries;
        lock (sync)
        {
            entries = [.. full, .. sums.Select(x => Entry(x.Key, x.Value))];
            full.Clear();
            sums = [];
        }
        return Task.WhenAll(entries.Select(trail.Write));
    }

    static AuditEntry Entry(in AuditKind kind, Sum sum)
    {
        var details = new JsonObject { ["count"] = sum.Count };
        if (sum.Ids.Count > 1)
        {
            details["ids"] = new JsonArray([.. sum.Ids]);
        }
        return kind.Entry(sum.Since) with
        {
            ObjectId = sum.Ids is [var only] ? only : null,
            Details = details.ToJsonString(JsonText.Options),
        };
    }

    sealed class Sum(DateTimeOffset since)
    {
        public DateTimeOffset Since => since;
        public List<string> Ids { get; } = [];
        public int Count { get; set; }
    }
}
