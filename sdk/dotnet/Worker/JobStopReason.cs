namespace JobSystem.Worker;

/// <summary>Why the cancellation token of an attempt fired.</summary>
public enum JobStopReason
{
    /// <summary>It has not fired.</summary>
    None,

    /// <summary>Somebody cancelled the job.</summary>
    CancelRequested,

    /// <summary>The attempt exceeded its time limit. It ends as timed out, whatever the task still does.</summary>
    TimedOut,

    /// <summary>The lease was lost: another worker may run the job by now, so anything done from here on may be done twice.</summary>
    LeaseLost,

    /// <summary>The worker is shutting down; the job will run elsewhere.</summary>
    ShuttingDown,
}
