using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Model;

/// <summary>
/// The column <c>progress_curve</c>: where the progress was when, in lines like those of <see cref="JobHistory"/>. It stays small however often a
/// task reports: when it is full, points make way. The first and the last stay.
/// </summary>
public static class ProgressCurve
{
    /// <summary>The word of the step.</summary>
    public const string Step = "progress";

    public const int MaxPoints = 64;
    public const int MaxLength = 16 * 1024;

    /// <summary>Maximum length of messages in the curve; the row contains the latest one in full.</summary>
    const int MaxMessage = 100;

    public static string Append(string? curve, JobEvent step, int version)
    {
        var points = Points(curve);
        points.Add(JobHistory.Line(Shorten(step), version).TrimEnd('\n'));
        while (points.Count > 2 && (points.Count > MaxPoints || points.Sum(x => x.Length + 1) > MaxLength))
        {
            points.RemoveAt(LeastTelling(points));
        }
        return string.Concat(points.Select(x => x + "\n"));
    }

    /// <summary>Finds the point whose removal leaves the smallest gap, to keep points evenly distributed.</summary>
    static int LeastTelling(List<string> points)
    {
        var times = points.ConvertAll(x => JsonElement.Parse(x).GetProperty("at"u8).GetDateTimeOffset());
        return Enumerable.Range(1, points.Count - 2).MinBy(n => times[n + 1] - times[n - 1]);
    }

    public static List<string> Points(string? curve) => curve is null ? [] : [.. curve.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    static JobEvent Shorten(JobEvent step)
    {
        var message = step.Details is { } details && details.TryGetProperty("message"u8, out var given) ? given.GetString() : null;
        return message is { Length: > MaxMessage }
            ? step with { Details = JsonSerializer.SerializeToElement(new { progress = step.Details!.Value.GetProperty("progress"u8), message = string.Concat(message.AsSpan(0, MaxMessage), "…") }) }
            : step;
    }
}
