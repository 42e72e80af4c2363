using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Jobs;

/// <summary>Maps member names of a submission by their UTF-8 bytes, without allocating strings for known names.</summary>
static class JobFields
{
    public const int TaskName = 0, Args = 1, Kwargs = 2, QueueName = 3, Priority = 4, ScheduledAt = 5, RunAt = 6, Delay = 7, MaxRetries = 8,
        RetryDelay = 9, Timeout = 10, Tags = 11, Metadata = 12, Version = 13, JobId = 14, IdempotencyKey = 15, ExpiresIn = 16, ExpiresAt = 17,
        Title = 18, Description = 19, Broadcast = 20, WaitTimeout = 21;

    public static readonly string[] All =
    [
        "task_name", "args", "kwargs", "queue_name", "priority", "scheduled_at", "run_at", "delay", "max_retries",
        "retry_delay", "timeout", "tags", "metadata", "version", "job_id", "idempotency_key", "expires_in", "expires_at",
        "title", "description", "broadcast", "wait_timeout",
    ];

    static readonly byte[][] utf8 = [.. All.Select(Encoding.UTF8.GetBytes)];
    static readonly int[][] byLength = [.. Enumerable.Range(0, 16).Select(length => Enumerable.Range(0, All.Length).Where(i => All[i].Length == length).ToArray())];

    /// <summary>-1 for a name that is not known.</summary>
    public static int Find(JsonProperty member)
    {
        var name = JsonMarshal.GetRawUtf8PropertyName(member);
        return name.Contains((byte)'\\') && member.TryName(out var unescaped) ? Find(Encoding.UTF8.GetBytes(unescaped)) : Find(name);
    }

    static int Find(ReadOnlySpan<byte> name)
    {
        if (name.Length >= byLength.Length)
        {
            return -1;
        }
        foreach (var field in byLength[name.Length])
        {
            if (name.SequenceEqual(utf8[field]))
            {
                return field;
            }
        }
        return -1;
    }

    /// <summary>The known member with the most similar name; null if there is none.</summary>
    public static string? Nearest(string name, bool waits)
    {
        if (name.Length is < 2 or > 40)
        {
            return null;
        }
        var known = waits ? All : All[..WaitTimeout];
        var folded = name.Replace("-", "_", StringComparison.Ordinal);
        return known.FirstOrDefault(x => x.Replace("_", "", StringComparison.Ordinal).Equals(folded.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
            ?? known.FirstOrDefault(x => x.StartsWith(folded + "_", StringComparison.OrdinalIgnoreCase) || x.EndsWith("_" + folded, StringComparison.OrdinalIgnoreCase))
            ?? known.Select(x => (Name: x, Distance: Distance(folded, x))).Where(x => x.Distance <= Math.Max(1, x.Name.Length / 4)).OrderBy(x => x.Distance)
                .Select(x => x.Name).FirstOrDefault();
    }

    /// <summary>Levenshtein distance.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == b[j - 1] ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(cost, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
