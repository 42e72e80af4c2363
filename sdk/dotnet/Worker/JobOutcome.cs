namespace JobSystem.Worker;

/// <summary>How an attempt ended, as a value. A task may return one; any other return value means <see cref="Completed"/>, and an exception means <see cref="Failed"/>.</summary>
public abstract record JobOutcome
{
    JobOutcome()
    {
    }

    /// <summary>The task completed its work.</summary>
    /// <param name="Result">What the job's <c>result</c> shows: written as JSON with snake_case names; at most 256 KiB.</param>
    public sealed record Completed(object? Result = null) : JobOutcome;

    /// <summary>The task failed.</summary>
    /// <param name="Reason">What went wrong, in words.</param>
    /// <param name="RetryAfter">When to try again. Default: the job's own back-off.</param>
    /// <param name="Retryable">False when trying again would not help: the job fails at once.</param>
    public sealed record Failed(string Reason, TimeSpan? RetryAfter = null, bool Retryable = true) : JobOutcome
    {
        /// <summary>Error type, used for grouping. Default: <c>failed</c>, or the type name of an exception.</summary>
        public string ErrorType { get; init; } = "failed";

        internal string? Stack { get; init; }
    }

    /// <summary>The task stopped early because it was asked to; the job becomes cancelled.</summary>
    /// <param name="Reason">Why, in words.</param>
    public sealed record Cancelled(string? Reason = null) : JobOutcome;

    /// <summary>The task wants to run again later, as a new attempt that does not use up a retry.</summary>
    /// <param name="Delay">How long from now.</param>
    public sealed record Snoozed(TimeSpan Delay) : JobOutcome;
}
