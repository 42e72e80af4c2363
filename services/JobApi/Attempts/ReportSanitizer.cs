using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Attempts;

/// <summary>
/// Corrects reports so that they can be stored: workers are written in any language, and a single report that the database refuses would block
/// all others of its message.
/// </summary>
static class ReportSanitizer
{
    const int MaxMessage = 1000;
    const int MaxText = 64 * 1024;
    const double MaxDelaySeconds = 3653 * 86_400d;

    /// <summary>Maximum difference of a worker's clock up to which its times are used.</summary>
    static readonly TimeSpan longestAgo = TimeSpan.FromDays(400);
    static readonly TimeSpan furthestAhead = TimeSpan.FromDays(1);

    public static AttemptReport Make(AttemptReport report, DateTimeOffset now)
    {
        var storable = report with
        {
            StartedAt = At(report.StartedAt, now),
            FinishedAt = At(report.FinishedAt, now),
            RetryAfter = report.RetryAfter is { } delay ? double.IsFinite(delay) ? Math.Clamp(delay, 0, MaxDelaySeconds) : 0 : null,
            Progress = report.Progress is { } progress && double.IsFinite(progress) ? Math.Clamp(progress, 0, 100) : null,
            Message = Text(report.Message, MaxMessage),
            Error = report.Error is { } error ? Error(error) : null,
            Traceparent = ActivityContext.TryParse(report.Traceparent, null, out _) ? report.Traceparent : null,
            Logs = report.Logs?.Where(x => x is not null).Select(x => Line(x, now)).ToList(),
        };
        return report.Result is { } result && UnpairedSurrogates.Find(JsonMarshal.GetRawUtf8Value(result)) is { } half ? Refuse(storable, half) : storable;
    }

    /// <summary>The same as the .NET worker does with a result that is no JSON.</summary>
    static AttemptReport Refuse(AttemptReport report, string half) => report with
    {
        Step = AttemptStep.Failed,
        Result = null,
        Retryable = false,
        Error = new() { Type = "result_not_json", Message = $"The result cannot be kept: {half} in it is half of a surrogate pair", At = report.FinishedAt ?? default },
    };

    static AttemptError Error(AttemptError error) => error with
    {
        Type = Text(error.Type, MaxMessage) is { Length: > 0 } type ? type : "failed",
        Message = Text(error.Message, MaxText) ?? "",
        Stack = Text(error.Stack, MaxText),
    };

    static AttemptLogLine Line(AttemptLogLine line, DateTimeOffset now) => line with
    {
        At = At(line.At, now)!.Value,
        Level = line.Level is "trace" or "debug" or "information" or "warning" or "error" or "critical" ? line.Level : "information",
        Message = Text(line.Message, MaxText) ?? "",
        Fields = Fields(line.Fields),
    };

    /// <summary>Times are formatted as they are stored.</summary>
    static JsonElement? Fields(JsonElement? fields)
    {
        if (fields is not { ValueKind: JsonValueKind.Object } given || JsonMarshal.GetRawUtf8Value(given) is not { Length: <= MaxText } json)
        {
            return null;
        }
        if (UnpairedSurrogates.Find(json) is null)
        {
            return given;
        }
        var repaired = json.ToArray();
        UnpairedSurrogates.Replace(repaired);
        return JsonElement.Parse(repaired);
    }

    static DateTimeOffset? At(DateTimeOffset? moment, DateTimeOffset now) =>
        moment is { } at && (at < now - longestAgo || at > now + furthestAhead) ? now : moment;

    /// <summary>PostgreSQL's texts have no NUL.</summary>
    static string? Text(string? text, int maxLength)
    {
        if (text is null)
        {
            return null;
        }
        var cut = text.Length <= maxLength ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength), "…");
        return cut.Replace('\0', '\uFFFD');
    }
}
