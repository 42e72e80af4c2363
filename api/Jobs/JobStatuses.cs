namespace JobSystem.Api;

/// <summary>The words for where a job is in its life.</summary>
public static class JobStatuses
{
    /// <summary>Waiting for a worker, or for its time.</summary>
    public const string Pending = "pending";

    /// <summary>Reserved for a worker that has not reported the start yet.</summary>
    public const string Reserved = "reserved";

    /// <summary>A worker runs an attempt.</summary>
    public const string Running = "running";

    /// <summary>An attempt failed; the next one is due later.</summary>
    public const string Retrying = "retrying";

    /// <summary>Final: the task returned a result.</summary>
    public const string Completed = "completed";

    /// <summary>Final: the last attempt failed.</summary>
    public const string Failed = "failed";

    /// <summary>Final: cancelled on request.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Final: the last attempt exceeded its time limit.</summary>
    public const string Timeout = "timeout";

    /// <summary>Final: it had not started in time.</summary>
    public const string Expired = "expired";

    /// <summary>True if a job with this status has ended; only a retry starts it again.</summary>
    public static bool IsFinal(string status) => status is Completed or Failed or Cancelled or Timeout or Expired;

    /// <summary>True if a job with this status can be retried: it ended without success.</summary>
    public static bool MayRetry(string status) => status is Failed or Cancelled or Timeout or Expired;
}

/// <summary>The words for which of the waiting jobs of a queue runs first.</summary>
public static class Priorities
{
    /// <summary>Before everything else.</summary>
    public const string Critical = "critical";

    /// <summary>Before normal and low.</summary>
    public const string High = "high";

    /// <summary>The default.</summary>
    public const string Normal = "normal";

    /// <summary>When nothing else of its queue waits.</summary>
    public const string Low = "low";
}
