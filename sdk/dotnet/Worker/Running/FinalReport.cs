using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker.Running;

/// <summary>Creates the last report of an attempt. Reading user objects may throw; these methods never do.</summary>
static class FinalReport
{
    const int MaxText = 8 * 1024;
    const int MaxType = 500;

    /// <summary>Converts an exception to an outcome; null if the task stopped because its token was cancelled.</summary>
    public static JobOutcome? Normalise(Exception exception, JobStopReason reason) => exception switch
    {
        ArgumentsRefused => new JobOutcome.Failed(exception.Message, Retryable: false) { ErrorType = "invalid_arguments" },
        OperationCanceledException when reason != JobStopReason.None => null,
        _ => new JobOutcome.Failed(MessageOf(exception))
        {
            ErrorType = exception.GetType().FullName ?? exception.GetType().Name,
            Stack = UserCodeText.Read("the stack trace", () => exception.StackTrace) is { Length: > 0 } stack ? stack : null,
        },
    };

    /// <summary>The report for an outcome. After the time limit, the outcome is always a timeout.</summary>
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
        try
        {
            return result is null or JsonElement { ValueKind: JsonValueKind.Undefined }
                ? New(key, now, AttemptStep.Completed)
                : New(key, now, AttemptStep.Completed) with { Result = ResultJson.Write(result) };
        }
        catch (ResultTooLarge exception)
        {
            return With(key, now, AttemptStep.Failed, "result_too_large", exception.Message) with { Retryable = false };
        }
        catch (Exception exception)
        {
            return With(key, now, AttemptStep.Failed, "result_not_json", $"The result cannot be written as JSON: {MessageOf(exception)}") with { Retryable = false };
        }
    }

    static AttemptReport With(AttemptKey key, DateTimeOffset now, string step, string? type, string? message, string? stack = null) => New(key, now, step) with
    {
        Error = new()
        {
            Type = string.IsNullOrEmpty(type) ? "failed" : UserCodeText.Shorten(type, MaxType),
            Message = UserCodeText.Shorten(message, MaxText),
            Stack = stack is null ? null : UserCodeText.Shorten(stack, MaxText),
            Attempt = key.Attempt,
            At = now,
        },
    };

    static string MessageOf(Exception exception) => UserCodeText.Read("the exception's message", () => exception.Message);
}
