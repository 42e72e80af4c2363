using System.Security.Cryptography;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Storage;

/// <summary>One task version and one worker that offers it, as a query returns them; newest announcement first.</summary>
readonly record struct AnnouncedBy(string Announcement, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, string? WorkerId, string? ParametersHash);

static class KnownTasks
{
    /// <summary>Workers announce every minute; two announcements may be lost.</summary>
    public static readonly TimeSpan WorkersSeenWithin = TimeSpan.FromMinutes(3);

    /// <summary>Removes rows of workers that are gone, because each start of a worker has a new id.</summary>
    public static readonly TimeSpan ForgetWorkersAfter = TimeSpan.FromHours(1);

    public static string ToJson(AnnouncedTask task) => JsonSerializer.Serialize(task);

    public static IReadOnlyList<KnownTask> FromRows(IReadOnlyList<AnnouncedBy> rows) =>
        [.. rows.GroupBy(x => x.Announcement, (announcement, same) => FromRows(announcement, [.. same])).OrderByDescending(x => x.LastSeenAt)];

    /// <summary>Of the schema as it is stored, whatever spaces it came with; null when the task was announced without one.</summary>
    public static string? ParametersHash(AnnouncedTask task) => task.Parameters is { ValueKind: JsonValueKind.Object } schema
        ? Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(schema)))
        : null;

    static KnownTask FromRows(string announcement, IReadOnlyList<AnnouncedBy> rows)
    {
        var workers = rows.Where(x => x.WorkerId is not null).OrderBy(x => x.WorkerId, StringComparer.Ordinal).ToList();
        return new(JsonSerializer.Deserialize<AnnouncedTask>(announcement)!, rows[0].FirstSeenAt, rows[0].LastSeenAt, workers.ConvertAll(x => x.WorkerId!))
        {
            Schemas = workers.ConvertAll(x => x.ParametersHash),
        };
    }
}
