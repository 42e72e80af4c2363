namespace JobSystem.Contracts;

/// <summary>The words for where a job is in its life, exactly as the API, the bus and the database spell them.</summary>
public static class JobStatus
{
    /// <summary>Waiting for an executor, or for its time (<c>scheduled_at</c>).</summary>
    public const string Pending = "pending";

    /// <summary>Reserved for an executor that has not reported the start yet.</summary>
    public const string Reserved = "reserved";

    /// <summary>An executor is running an attempt.</summary>
    public const string Running = "running";

    /// <summary>An attempt ended without success; the next one has a due time.</summary>
    public const string Retrying = "retrying";

    /// <summary>Final: the task returned a result.</summary>
    public const string Completed = "completed";

    /// <summary>Final: the last allowed attempt failed, or the failure was not retryable.</summary>
    public const string Failed = "failed";

    /// <summary>Final: cancelled before it ran, or it ended after a cancel request.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Final: the last allowed attempt exceeded its time limit.</summary>
    public const string Timeout = "timeout";

    /// <summary>Final: it had not started by its <c>expires_at</c>.</summary>
    public const string Expired = "expired";

    /// <summary>Every status, in order of life.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Pending, Reserved, Running, Retrying, Completed, Failed, Cancelled, Timeout, Expired];

    /// <summary>The statuses that a job never leaves by itself; a retry request is the only way out.</summary>
    public static IReadOnlyList<string> Final { get; } = [Completed, Failed, Cancelled, Timeout, Expired];

    /// <summary>True when <paramref name="status"/> is one of <see cref="Final"/>.</summary>
    public static bool IsFinal(string status) => status is Completed or Failed or Cancelled or Timeout or Expired;
}
