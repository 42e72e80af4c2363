using System.Text.Json;
using JobSystem.Monitoring.Dashboard.Api;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>One attempt, put together from the job's steps.</summary>
/// <param name="Waited">Seconds from the time when it could run to its start.</param>
/// <param name="AgainAt">When the next one is due, if it failed and has another.</param>
sealed record Attempt(int Number, string? Worker, DateTimeOffset? BeganAt, double? Waited, double? Ran, string End, DateTimeOffset? AgainAt)
{
    public static List<Attempt> Of(IReadOnlyList<JobStep> steps)
    {
        var attempts = new List<Attempt>();
        var ready = steps.Count > 0 ? steps[0].At : default;
        foreach (var group in steps.Where(x => x.Attempt > 0).GroupBy(x => x.Attempt!.Value))
        {
            var began = group.FirstOrDefault(x => x.Event == "running");
            var end = group.LastOrDefault(x => x.Event is "completed" or "failed" or "timeout" or "cancelled" or "retrying" or "lease_lost");
            var again = Due(end?.Details);
            attempts.Add(new(
                group.Key, group.FirstOrDefault(x => x.WorkerId is not null)?.WorkerId, began?.At, Seconds(began?.At - ready), Seconds((end?.At ?? began?.At) - began?.At),
                end?.Event ?? (began is null ? "reserved" : "running"), again));
            ready = again ?? end?.At ?? ready;
        }
        return attempts;
    }

    static double? Seconds(TimeSpan? span) => span is { } known ? Math.Max(0, known.TotalSeconds) : null;

    static DateTimeOffset? Due(JsonElement? details) =>
        details is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty("due_at", out var due) && due.TryGetDateTimeOffset(out var at) ? at : null;
}
