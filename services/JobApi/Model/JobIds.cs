using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace JobSystem.JobApi.Model;

/// <summary>The resolved id of a job: the row's UUID, and the custom id if there is one.</summary>
public readonly record struct JobKey(Guid Id, string? Key);

/// <summary>Job ids: a UUID, or a custom text that needs no escaping in a path.</summary>
public static class JobIds
{
    public const int MaxLength = 128;
    public const string Expected = "1 to 128 letters, digits, '.', '_', ':' or '-'";

    // Words that are path segments below /jobs on one of the surfaces, now or by announcement
    static readonly FrozenSet<string> reserved = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "admin", "all", "batch", "bulk", "cleanup", "events", "health", "info", "job", "jobs", "list", "logs", "metrics", "publish",
        "queues", "run-sync", "runners", "schedules", "stats", "statistics", "status", "stream", "tasks", "wait", "workers", ".", "..");

    public static bool IsReserved(string id) => reserved.Contains(id);

    public static bool IsWellFormed([NotNullWhen(true)] string? id) => Names.IsWellFormed(id, MaxLength, colon: true);

    /// <summary>The same text always leads to the same row, so no look-up table is needed.</summary>
    public static JobKey Resolve(string id) =>
        // The comparison keeps out the odd spellings that the parser also takes for a UUID
        Guid.TryParseExact(id, "D", out var uuid) && uuid.ToString().Equals(id, StringComparison.OrdinalIgnoreCase)
            ? new(uuid, null)
            : new(Derive(id), id);

    /// <summary>A version-8 UUID from the first 16 bytes of the SHA-256.</summary>
    public static Guid Derive(string id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(id), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
