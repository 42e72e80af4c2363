namespace JobSystem.Worker;

/// <summary>
/// The outcome of an attempt, as the return value of a task. Any other return value means <see cref="Completed"/>, and an exception means
/// <see cref="Failed"/>.
/// </summary>
public abstract record JobOutcome
{
    JobOutcome()
    {
    }

    /// <summary>The task completed its work.</summary>
    /// <param name="Result">The job's <c>result</c>, serialized as JSON with snake_case names; at most 256 KiB. Default: null.</param>
    public sealed record Completed(object? Result = null) : JobOutcome;

    /// <summary>The task failed. The job is retried if it has retries left.</summary>
    /// <param name="Reason">Error message for people; at most 8,192 characters are kept.</param>
    /// <param name="RetryAfter">Delay before the retry. Default: the job's own back-off. A negative delay counts as zero.</param>
    /// <param name="Retryable">False if a retry would not help: the job fails at once. Default: true.</param>
    public sealed record Failed(string Reason, TimeSpan? RetryAfter = null, bool Retryable = true) : JobOutcome
    {
        /// <summary>
        /// Error type, by which failures are grouped; at most 500 characters. Default: <c>failed</c>; for an exception, its type name.
        /// </summary>
        public string ErrorType { get; init; } = "failed";

        internal string? Stack { get; init; }
    }

    /// <summary>The task stopped early because it was asked to; the job becomes cancelled.</summary>
    /// <param name="Reason">Message for people. Default: the reason that the caller gave when it cancelled the job.</param>
    public sealed record Cancelled(string? Reason = null) : JobOutcome;

    /// <summary>The job runs again later, as a new attempt that does not use up a retry.</summary>
    /// <param name="Delay">Time until the next attempt. A negative delay counts as zero.</param>
    public sealed record Snoozed(TimeSpan Delay) : JobOutcome;
}
