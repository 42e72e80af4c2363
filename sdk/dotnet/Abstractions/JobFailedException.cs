namespace JobSystem;

/// <summary>A job ended without success: it failed, exceeded its time limit, was cancelled, or expired.</summary>
public sealed class JobFailedException : Exception
{
    /// <summary>Says what became of a job.</summary>
    /// <param name="jobId">Id of the job.</param>
    /// <param name="status">Its final status.</param>
    /// <param name="attempt">Number of its last attempt; 0 if it never started.</param>
    /// <param name="error">Why, for people; null if nothing is known.</param>
    public JobFailedException(string jobId, string status, int attempt, string? error) : base(Describe(jobId, status, attempt, error)) =>
        (JobId, Status, Attempt, Error) = (jobId, status, attempt, error);

    /// <summary>Id of the job.</summary>
    public string JobId { get; }

    /// <summary><c>failed</c>, <c>timeout</c>, <c>cancelled</c> or <c>expired</c>.</summary>
    public string Status { get; }

    /// <summary>Number of the last attempt, from 1; 0 if the job never started.</summary>
    public int Attempt { get; }

    /// <summary>Message of the last error, or the reason of the cancellation; null if there is none.</summary>
    public string? Error { get; }

    /// <summary>
    /// Kind of the last error: the type of the task's exception, or <c>invalid_arguments</c>, <c>worker_lost</c> and the like.
    /// </summary>
    public string? ErrorType { get; init; }

    /// <summary>Where the last error was thrown; null if that is not known.</summary>
    public string? ErrorStack { get; init; }

    static string Describe(string jobId, string status, int attempt, string? error)
    {
        var ended = status switch
        {
            "failed" => $"failed in attempt {attempt}",
            "timeout" => $"exceeded its time limit in attempt {attempt}",
            "cancelled" => "was cancelled",
            "expired" => "expired before it could start",
            _ => $"ended as {status}",
        };
        return error is { Length: > 0 } ? $"Job {jobId} {ended}: {error}" : $"Job {jobId} {ended}.";
    }
}
