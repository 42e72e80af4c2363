using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Storage;

/// <summary>One task version and one worker that offers it, as a query returns them; newest announcement first.</summary>
readonly record struct AnnouncedBy(string Announcement, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, string? WorkerId);

static class KnownTasks
{
    /// <summary>Workers announce each minute: two may go missing.</summary>
    public static readonly TimeSpan WorkersSeenWithin = TimeSpan.FromMinutes(3);

    /// <summary>Each start of a worker has an id of its own; the rows of those that are gone would only pile up.</summary>
    public static readonly TimeSpan ForgetWorkersAfter = TimeSpan.FromHours(1);

    public static string ToJson(AnnouncedTask task) => JsonSerializer.Serialize(task);

    public static IReadOnlyList<KnownTask> Of(IReadOnlyList<AnnouncedBy> rows) =>
        [.. rows.GroupBy(x => x.Announcement, (announcement, same) => Of(announcement, [.. same])).OrderByDescending(x => x.LastSeenAt)];

    static KnownTask Of(string announcement, IReadOnlyList<AnnouncedBy> rows) => new(
        JsonSerializer.Deserialize<AnnouncedTask>(announcement)!,
        rows[0].FirstSeenAt, rows[0].LastSeenAt,
        [.. rows.Select(x => x.WorkerId).OfType<string>().Order(StringComparer.Ordinal)]);
}
