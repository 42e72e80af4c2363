using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker.Running;

/// <summary>Makes the last report of an attempt from how it ended.</summary>
static class Ending
{
    const int MaxResult = 256 * 1024;
    const int MaxDepth = 40;
    const int MaxText = 8 * 1024;

    /// <summary>The one place where exceptions become outcomes; null for a task that gave up because its token fired.</summary>
    public static JobOutcome? Normalise(Exception exception, JobStopReason reason) => exception switch
    {
        ArgumentsRefused => new JobOutcome.Failed(exception.Message, Retryable: false) { ErrorType = "invalid_arguments" },
        OperationCanceledException when reason != JobStopReason.None => null,
        _ => new JobOutcome.Failed(exception.Message) { ErrorType = exception.GetType().FullName!, Stack = exception.StackTrace },
    };

    /// <summary>What to report. The time limit is a limit, so whatever comes after it is too late.</summary>
    /// <param name="outcome">Null when the task gave up, or was given up on.</param>
    public static AttemptReport Report(AttemptKey key, JobOutcome? outcome, JobStopReason reason, string? why, TimeSpan limit, DateTimeOffset now)
    {
        if (reason == JobStopReason.TimedOut)
        {
            return With(key, now, AttemptStep.TimedOut, "timeout", $"The attempt exceeded its limit of {limit.TotalSeconds:0.###} s");
        }
        return outcome switch
        {
            JobOutcome.Completed completed => Completed(key, completed.Result, now),
            JobOutcome.Failed failed => With(key, now, AttemptStep.Failed, failed.ErrorType, failed.Reason, failed.Stack) with
            {
                RetryAfter = failed.RetryAfter is { } delay ? Math.Max(0, delay.TotalSeconds) : null,
                Retryable = failed.Retryable,
            },
            JobOutcome.Cancelled cancelled => With(key, now, AttemptStep.Cancelled, "cancelled", cancelled.Reason ?? why ?? "The task stopped"),
            JobOutcome.Snoozed snoozed => New(key, now, AttemptStep.Snoozed) with { RetryAfter = Math.Max(0, snoozed.Delay.TotalSeconds) },
            null when reason == JobStopReason.CancelRequested => With(key, now, AttemptStep.Cancelled, "cancelled", why ?? "The job was cancelled"),
            null => New(key, now, AttemptStep.Released),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    public static AttemptReport New(AttemptKey key, DateTimeOffset now, string step) =>
        new() { JobId = key.JobId, Attempt = key.Attempt, Step = step, FinishedAt = now };

    static AttemptReport Completed(AttemptKey key, object? result, DateTimeOffset now)
    {
        if (result is null or JsonElement { ValueKind: JsonValueKind.Undefined })
        {
            return New(key, now, AttemptStep.Completed);
        }
        try
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(result, result.GetType(), WorkerJson.Results);
            return json.Length switch
            {
                // Read again, because a deeper value could not be read by whoever gets the report, nor could its neighbours
                <= MaxResult => New(key, now, AttemptStep.Completed) with { Result = JsonElement.Parse(json, new() { MaxDepth = MaxDepth }) },
                var size => With(key, now, AttemptStep.Failed, "result_too_large",
                    $"The result is {size / 1024.0:0.#} KiB of JSON; at most {MaxResult / 1024} KiB are kept. Store it elsewhere and return where it is") with
                { Retryable = false },
            };
        }
        catch (Exception exception)
        {
            // Of any kind: the getters of the task's own types run here
            return With(key, now, AttemptStep.Failed, "result_not_json", $"The result cannot be written as JSON: {exception.Message}") with { Retryable = false };
        }
    }

    static AttemptReport With(AttemptKey key, DateTimeOffset now, string step, string type, string message, string? stack = null) => New(key, now, step) with
    {
        Error = new() { Type = type, Message = Short(message), Stack = stack is null ? null : Short(stack), Attempt = key.Attempt, At = now },
    };

    static string Short(string text) => text.Length <= MaxText ? Storable(text) : string.Concat(Storable(text[..MaxText]), "…");

    /// <summary>A database's text has no NUL in it.</summary>
    public static string Storable(string text) => text.Contains('\0') ? text.Replace('\0', '\uFFFD') : text;
}
