using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>An attempt, computed from the job's steps.</summary>
/// <param name="Waited">Seconds from when it could start to its start.</param>
/// <param name="AgainAt">When the next attempt is due, if it failed and another one follows.</param>
sealed record Attempt(int Number, string? Worker, DateTimeOffset? BeganAt, double? Waited, double? Ran, string End, DateTimeOffset? AgainAt)
{
    public static List<Attempt> FromSteps(IReadOnlyList<JobStep> steps)
    {
        var attempts = new List<Attempt>();
        var ready = steps.Count > 0 ? steps[0].At : default;
        foreach (var group in steps.Where(x => x.Attempt > 0).GroupBy(x => x.Attempt!.Value))
        {
            var began = group.FirstOrDefault(x => x.Event == JobStepWords.Running);
            var end = group.LastOrDefault(IsEnd);
            var again = NextDue(end?.Details);
            attempts.Add(new(
                group.Key, group.FirstOrDefault(x => x.WorkerId is not null)?.WorkerId, began?.At, Seconds(began?.At - ready),
                Seconds((end?.At ?? began?.At) - began?.At), end?.Event ?? (began is null ? JobStepWords.Reserved : JobStepWords.Running), again));
            ready = again ?? end?.At ?? ready;
        }
        return attempts;
    }

    static double? Seconds(TimeSpan? span) => span is { } known ? Math.Max(0, known.TotalSeconds) : null;

    static bool IsEnd(JobStep step) => step.Event is JobStepWords.Completed or JobStepWords.Failed or JobStepWords.Timeout or JobStepWords.Cancelled
        or JobStepWords.Retrying or JobStepWords.LeaseLost;

    static DateTimeOffset? NextDue(RawJson? details) =>
        details?.Parse() is { ValueKind: JsonValueKind.Object } given
        && given.TryGetProperty("due_at", out var due) && due.TryGetDateTimeOffset(out var at) ? at : null;
}
