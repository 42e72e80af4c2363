using System.Diagnostics;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>Reads one report of an attempt.</summary>
static class AttemptReportReader
{
    public const string ExpectedSecret = "the attempt's secret";
    public const string ExpectedTrace = "a W3C trace context";
    const double MostSeconds = 3653 * 86_400d;
    const int MostLines = 10_000;
    const int MostText = 1 << 20;
    static readonly string[] members =
    [
        "job_id", "attempt", "secret", "step", "started_at", "finished_at", "result", "error", "retry_after", "retryable", "progress", "message", "logs",
        "follow_ups", "traceparent",
    ];
    static readonly string[] lineMembers = ["at", "level", "message", "line", "fields"];
    static readonly string[] levels = ["trace", "debug", "information", "warning", "error", "critical"];
    static readonly string[] steps =
    [
        AttemptStep.Started, AttemptStep.Progress, AttemptStep.Completed, AttemptStep.Failed, AttemptStep.TimedOut, AttemptStep.Cancelled, AttemptStep.Snoozed,
        AttemptStep.Released,
    ];

    public static (AttemptReport Report, string Secret) Read(JsonElement value, string prefix, DateTimeOffset now, FieldErrors errors)
    {
        var (job, attempt, secret, step) = (default(Guid?), default(int?), default(string), default(string));
        var report = new AttemptReport { JobId = default, Attempt = 0, Step = "" };
        ObjectReader.Read(value, errors, members, (name, given) =>
        {
            var field = new FieldReader(prefix + name, given, errors);
            switch (name)
            {
                case "job_id": job = field.Uuid(); break;
                case "attempt": attempt = field.Whole(1, int.MaxValue); break;
                case "secret": secret = field.Text(ExpectedSecret, x => x.Length <= 200); break;
                case "step": step = field.Word(steps); break;
                case "started_at": report = report with { StartedAt = field.Moment() }; break;
                case "finished_at": report = report with { FinishedAt = field.Moment() }; break;
                case "result": report = report with { Result = field.IsNull ? null : given }; break;
                case "error": report = report with { Error = ReadError(given, prefix + "error", now, errors) }; break;
                case "retry_after": report = report with { RetryAfter = field.Seconds(MostSeconds, zero: true) }; break;
                case "retryable": report = report with { Retryable = field.Flag() }; break;
                case "progress": report = report with { Progress = field.Percent() }; break;
                case "message": report = report with { Message = field.Text("a string", IsText) }; break;
                case "follow_ups": report = report with { FollowUps = ReadFollowUps(given, prefix + name, errors) }; break;
                case "traceparent": report = report with { Traceparent = field.Text(ExpectedTrace, IsTrace) }; break;
                default: report = report with { Logs = ReadLines(given, prefix + "logs", now, errors) }; break;
            }
        }, prefix);
        errors.Require(prefix + "job_id", job is not null, "a UUID");
        errors.Require(prefix + "attempt", attempt is not null, "a whole number from 1");
        errors.Require(prefix + "secret", secret is not null, ExpectedSecret);
        errors.Require(prefix + "step", step is not null, $"one of {string.Join(", ", steps)}");
        if (step == AttemptStep.Failed && report.Error is null)
        {
            errors.Require(prefix + "error", isGiven: false, "an object with type and message");
        }
        report = report with { JobId = job ?? default, Attempt = attempt ?? 0, Step = step ?? "" };
        return (WithTimes(report, now), secret ?? "");
    }

    /// <summary>Times that were not given are now.</summary>
    static AttemptReport WithTimes(AttemptReport report, DateTimeOffset now) => report.Step switch
    {
        AttemptStep.Released => report,
        AttemptStep.Started or AttemptStep.Progress => report with { StartedAt = report.StartedAt ?? now },
        _ => report with { StartedAt = report.StartedAt ?? now, FinishedAt = report.FinishedAt ?? now },
    };

    static AttemptError? ReadError(JsonElement value, string name, DateTimeOffset now, FieldErrors errors)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Expected(name, "an object with type and message", value);
            return null;
        }
        var (type, message, stack) = (default(string), default(string), default(string));
        ObjectReader.Read(value, errors, ["type", "message", "stack"], (member, given) =>
        {
            var text = new FieldReader($"{name}.{member}", given, errors).Text("a string", IsText);
            (type, message, stack) = member switch
            {
                "type" => (text, message, stack),
                "message" => (type, text, stack),
                _ => (type, message, text),
            };
        }, name + ".");
        errors.Require($"{name}.type", type is not null, "a string");
        errors.Require($"{name}.message", message is not null, "a string");
        return new() { Type = type ?? "", Message = message ?? "", Stack = stack, At = now };
    }

    /// <summary>They are read as jobs when they are admitted.</summary>
    static List<JsonElement> ReadFollowUps(JsonElement value, string name, FieldErrors errors) =>
        ItemReader.Read(value, name, FollowUpJobs.Most, errors, (item, _) => item);

    static List<AttemptLogLine> ReadLines(JsonElement value, string name, DateTimeOffset now, FieldErrors errors) =>
        ItemReader.Read(value, name, MostLines, errors, (item, prefix) =>
        {
            var message = default(string);
            var line = new AttemptLogLine { At = now, Level = "information", Message = "" };
            ObjectReader.Read(item, errors, lineMembers, (member, given) =>
            {
                var field = new FieldReader(prefix + member, given, errors);
                switch (member)
                {
                    case "at": line = line with { At = field.Moment() ?? now }; break;
                    case "level": line = line with { Level = field.Word(levels) ?? line.Level }; break;
                    case "message": message = field.Text("a string", IsText); break;
                    case "line": line = line with { Line = field.Whole(0, int.MaxValue) ?? 0 }; break;
                    default: line = line with { Fields = given.ValueKind == JsonValueKind.Object ? given : null }; break;
                }
            }, prefix);
            errors.Require(prefix + "message", message is not null, "a string");
            return line with { Message = message ?? "" };
        });

    public static bool IsTrace(string text) => ActivityContext.TryParse(text, null, out _);

    static bool IsText(string text) => text.Length <= MostText;
}
