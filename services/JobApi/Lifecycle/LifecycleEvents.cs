using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Lifecycle;

// What can happen to a job. Each reaches the machine through JobEventProcessor; none of them travels on the bus by itself.

public interface IAboutJob
{
    Guid JobId { get; }
}

/// <summary>An event that only the attempt's current worker may raise.</summary>
public interface IFromAttempt : IAboutJob
{
    int Attempt { get; }
    string WorkerId { get; }
    AttemptReport Report { get; }
}

public sealed record AttemptStarted(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

public sealed record AttemptProgressed(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

/// <param name="FollowUps">Jobs that are inserted if the report counts; null for none.</param>
public sealed record AttemptCompleted(Guid JobId, int Attempt, string WorkerId, AttemptReport Report, IReadOnlyList<JobState>? FollowUps = null) : IFromAttempt;

public sealed record AttemptFailed(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

public sealed record AttemptTimedOut(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

public sealed record AttemptStopped(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

public sealed record AttemptSnoozed(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

public sealed record AttemptReleased(Guid JobId, int Attempt, string WorkerId, AttemptReport Report) : IFromAttempt;

public sealed record CancelRequested(Guid JobId, string? Reason, string By) : IAboutJob;

/// <param name="Result">JSON text; null for none.</param>
public sealed record CompletionForced(Guid JobId, string? Result, string? Reason, string By) : IAboutJob;

public sealed record RetryRequested(Guid JobId, TimeSpan Delay, string By) : IAboutJob;

/// <summary>A worker's heartbeat contains an attempt that was written off, so the worker did not die.</summary>
public sealed record LossDisproved(Guid JobId, int Attempt, string WorkerId) : IAboutJob;

/// <summary>The workers of a broadcast. The list of children (see <c>BroadcastResult</c>) is stored before the first child is inserted.</summary>
public sealed record BroadcastSpread(Guid JobId, int Attempt, string Children, int Count) : IAboutJob;

/// <summary>All children have been inserted, and this many of them have ended.</summary>
public sealed record BroadcastCounted(Guid JobId, int Attempt, double Progress) : IAboutJob;

/// <summary>All children have ended.</summary>
/// <param name="Failure">What to say when not all of them completed.</param>
public sealed record BroadcastEnded(Guid JobId, int Attempt, string Result, string? Failure) : IAboutJob;

/// <summary>The worker to which the job is pinned is gone.</summary>
public sealed record PinnedWorkerLost(Guid JobId, string WorkerId) : IAboutJob;

/// <summary>The row's <c>due_at</c> has passed. The state machine checks which of the row's times is due.</summary>
public sealed record TimerElapsed(Guid JobId) : IAboutJob;
