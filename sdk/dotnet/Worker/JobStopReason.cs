namespace JobSystem.Worker;

/// <summary>Why the cancellation token of an attempt was cancelled.</summary>
public enum JobStopReason
{
    /// <summary>The token has not been cancelled.</summary>
    None,

    /// <summary>The job was cancelled.</summary>
    CancelRequested,

    /// <summary>The attempt exceeded its time limit. It ends as timed out, regardless of the task's outcome.</summary>
    TimedOut,

    /// <summary>The lease expired: another worker may run the job, so further work may be done twice.</summary>
    LeaseLost,

    /// <summary>The worker is shutting down; another worker will run the job.</summary>
    ShuttingDown,
}
