using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker.Reporting;

/// <summary>Creates the last report of an attempt. Reading user objects may throw; these methods never do.</summary>
static class FinalReport
{
    const int MaxText = 8 * 1024;
    const int MaxType = 500;

    /// <summary>Converts an exception to an outcome. Returns null if the task stopped because its token was cancelled.</summary>
    public static JobOutcome? ToOutcome(Exception exception, JobStopReason reason) => exception switch
    {
        InvalidArgumentsException => new JobOutcome.Failed(exception.Message, Retryable: false) { ErrorType = "invalid_arguments" },
        OperationCanceledException when reason != JobStopReason.None => null,
        _ => new JobOutcome.Failed(MessageOf(exception))
        {
            ErrorType = exception.GetType().FullName ?? exception.GetType().Name,
            Stack = UserCodeText.Read("the stack trace", () => exception.StackTrace) is { Length: > 0 } stack ? stack : null,
        },
    };

    /// <summary>Creates the report of an outcome. After the time limit, the outcome is always a timeout.</summary>
    /// <param name="key">The attempt.</param>
    /// <param name="outcome">Null if the task stopped because its token was cancelled, or was written off.</param>
    /// <param name="reason">Why the token was cancelled.</param>
    /// <param name="stopMessage">The words of the caller that cancelled the job; null if there are none.</param>
    /// <param name="limit">The time limit of the attempt.</param>
    /// <param name="now">When the attempt ended.</param>
    public static AttemptReport FromOutcome(
        AttemptKey key, JobOutcome? outcome, JobStopReason reason, string? stopMessage, TimeSpan limit, DateTimeOffset now)
    {
        if (reason == JobStopReason.TimedOut)
        {
            return CreateError(
                key, now, AttemptStep.TimedOut, "timeout", $"The attempt exceeded its limit of {limit.TotalSeconds:0.###} s");
        }
        return outcome switch
        {
            JobOutcome.Completed completed => Completed(key, completed.Result, now),
            JobOutcome.Failed failed => CreateError(key, now, AttemptStep.Failed, failed.ErrorType, failed.Reason, failed.Stack) with
            {
                RetryAfter = failed.RetryAfter is { } delay ? Math.Max(0, delay.TotalSeconds) : null,
                Retryable = failed.Retryable,
            },
            JobOutcome.Cancelled cancelled => Cancelled(key, now, cancelled.Reason ?? stopMessage ?? "The task stopped"),
            JobOutcome.Snoozed snoozed => Create(key, now, AttemptStep.Snoozed) with
            {
                RetryAfter = Math.Max(0, snoozed.Delay.TotalSeconds),
            },
            null when reason == JobStopReason.CancelRequested => Cancelled(key, now, stopMessage ?? "The job was cancelled"),
            null => Create(key, now, AttemptStep.Released),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Creates a report of a step that needs no further data.</summary>
    public static AttemptReport Create(AttemptKey key, DateTimeOffset now, string step) =>
        new() { JobId = key.JobId, Attempt = key.Attempt, Step = step, FinishedAt = now };

    static AttemptReport Cancelled(AttemptKey key, DateTimeOffset now, string message) =>
        CreateError(key, now, AttemptStep.Cancelled, "cancelled", message);

    static AttemptReport Completed(AttemptKey key, object? result, DateTimeOffset now)
    {
        try
        {
            return result is null or JsonElement { ValueKind: JsonValueKind.Undefined }
                ? Create(key, now, AttemptStep.Completed)
                : Create(key, now, AttemptStep.Completed) with { Result = ResultJson.Write(result) };
        }
        catch (ResultTooLargeException exception)
        {
            return CreateError(key, now, AttemptStep.Failed, "result_too_large", exception.Message) with { Retryable = false };
        }
        catch (Exception exception)
        {
            var message = $"The result cannot be written as JSON: {MessageOf(exception)}";
            return CreateError(key, now, AttemptStep.Failed, "result_not_json", message) with { Retryable = false };
        }
    }

    static AttemptReport CreateError(
        AttemptKey key, DateTimeOffset now, string step, string? type, string? message, string? stack = null) =>
        Create(key, now, step) with
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
