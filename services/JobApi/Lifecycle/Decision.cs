using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// What the machine decided for one event. It is collected while the machine runs and acted upon only after the row has
/// committed; a lost version race throws it away.
/// </summary>
public sealed class Decision(DateTimeOffset now, LifecycleOptions options)
{
    /// <summary>The database's time at which the event is handled.</summary>
    public DateTimeOffset Now { get; } = now;
    public LifecycleOptions Options { get; } = options;

    /// <summary>
    /// How much of the time since a moment does not count: the database's clock was set forward by it, or no worker could be heard. What began
    /// before has lasted so much less.
    /// </summary>
    public Func<DateTimeOffset, TimeSpan> UncountedSince { get; init; } = _ => TimeSpan.Zero;

    /// <summary>Null when there is no such job.</summary>
    public JobState? Job { get; set; }

    /// <summary>Why a request was refused, e.g. <c>final</c>; null if it was not.</summary>
    public string? Refusal { get; set; }

    /// <summary>The job has nothing to wait for any more but a worker, or is a broadcast that has work to do.</summary>
    public bool IsReady { get; set; }

    /// <summary>Check the children of the broadcast.</summary>
    public bool CheckChildren { get; set; }

    /// <summary>Tell the worker to stop the current attempt.</summary>
    public bool TellWorker { get; set; }
}
