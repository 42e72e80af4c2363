using System.Globalization;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>The steps and progress points of a job in order, and the client's position in them.</summary>
sealed class JobSteps
{
    readonly List<JsonElement> steps = [];

    public JobSteps(string? history, string? progressCurve)
    {
        var points = new Queue<JsonElement>(ProgressCurve.Points(progressCurve).Select(Parse));
        var version = 0;
        foreach (var line in (history ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line == JobHistory.TruncatedLine)
            {
                IsTruncated = true;
                continue;
            }
            var step = Parse(line);
            version = VersionOf(step) ?? version;
            while (points.TryPeek(out var point) && IsBefore(VersionOf(point), version, WordOf(step)))
            {
                steps.Add(points.Dequeue());
            }
            steps.Add(step);
        }
        steps.AddRange(points);
    }

    /// <summary>True if older steps have been removed.</summary>
    public bool IsTruncated { get; }

    public int Count => steps.Count;

    /// <summary>Position after the step with this id; null if it does not exist.</summary>
    public int? After(string id)
    {
        var position = steps.FindLastIndex(x => IdOf(x) == id) + 1;
        return position > 0 ? position : AfterDroppedPoint(id);
    }

    public bool EndsAt(int position) => position == steps.Count;

    public IEnumerable<JsonElement> From(int position) => steps.Skip(position);

    public static string WordOf(JsonElement step) => step.GetProperty("event"u8).GetString()!;

    /// <summary>Steps are identified by attempt, name and time in microseconds.</summary>
    public static string IdOf(JsonElement step) => string.Create(
        CultureInfo.InvariantCulture, $"{TimeOf(step)}-{step.GetProperty("attempt"u8).GetInt32()}-{WordOf(step)}");

    /// <summary>A progress point that the client has received may have been removed since by thinning.</summary>
    int? AfterDroppedPoint(string id)
    {
        if (!id.EndsWith($"-{ProgressCurve.Step}", StringComparison.Ordinal)
            || !long.TryParse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture, out var seen))
        {
            return null;
        }
        var position = steps.FindLastIndex(x => WordOf(x) == ProgressCurve.Step && TimeOf(x) <= seen) + 1;
        return position > 0 ? position : null;
    }

    /// <summary>Order of steps with the same time: start, progress, then others.</summary>
    static bool IsBefore(int? point, int version, string word) => point < version || (point == version && word != JobStatus.Running);

    static int? VersionOf(JsonElement step) => step.TryGetProperty("version"u8, out var version) ? version.GetInt32() : null;

    static long TimeOf(JsonElement step) => UnixTime.Microseconds(step.GetProperty("at"u8).GetDateTimeOffset());

    static JsonElement Parse(string line) => JsonElement.Parse(line);
}
