namespace JobSystem.Testing;

/// <summary>How an attempt ended.</summary>
public enum TaskOutcome
{
    /// <summary>The task completed its work.</summary>
    Completed,

    /// <summary>It failed, or its result cannot be kept.</summary>
    Failed,

    /// <summary>It took longer than the job's time limit.</summary>
    TimedOut,

    /// <summary>It stopped because it was asked to.</summary>
    Cancelled,

    /// <summary>The job runs again later, without using up a retry.</summary>
    Snoozed,
}
