namespace JobSystem.Testing;

/// <summary>What a system did while it was drained or its clock moved.</summary>
/// <param name="Ran">The attempts that ended, in the order of their ends.</param>
/// <param name="Waiting">Jobs that are due and have not ended, with the reason. Jobs for later are not among them.</param>
public sealed record SystemRun(IReadOnlyList<RanAttempt> Ran, IReadOnlyList<WaitingJob> Waiting)
{
    /// <summary>The attempts of a type of jobs.</summary>
    /// <typeparam name="TJob">The type, which has a <see cref="JobAttribute"/>.</typeparam>
    public IReadOnlyList<RanAttempt> RanOf<TJob>() where TJob : IJob
    {
        var name = JobAttribute.ForType(typeof(TJob)).Name;
        return [.. Ran.Where(x => x.TaskName == name)];
    }

    /// <summary>Checks that nothing that is due waits.</summary>
    /// <exception cref="InvalidOperationException">Something does; the message says why.</exception>
    public SystemRun ShouldHaveNothingWaiting() => Waiting.Count == 0 ? this : throw new InvalidOperationException(
        $"Expected that nothing that is due waits. Waiting: {string.Join("; ", Waiting)}");

    /// <summary>A line for each attempt and each job that waits.</summary>
    public override string ToString() =>
        Ran.Count + Waiting.Count == 0 ? "nothing ran" : string.Join(Environment.NewLine, [.. Ran, .. Waiting.Cast<object>()]);
}

/// <summary>An attempt that ended.</summary>
/// <param name="JobId">Id of its job.</param>
/// <param name="TaskName">Name of its task.</param>
/// <param name="Attempt">Its number, from 1.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Error">The error as it is kept with the job; null if there is none.</param>
/// <param name="EndedAt">When it ended, by the system's clock.</param>
public sealed record RanAttempt(string JobId, string TaskName, int Attempt, TaskOutcome Outcome, TaskError? Error, DateTimeOffset EndedAt)
{
    /// <summary>For people.</summary>
    public override string ToString() =>
        $"{EndedAt:yyyy-MM-dd'T'HH:mm:ss'Z'} {TaskName} {JobId}, attempt {Attempt}: {Outcome}{(Error is null ? "" : $", {Error.Type}: {Error.Message}")}";
}

/// <summary>A job that is due and has not ended.</summary>
/// <param name="JobId">Its id.</param>
/// <param name="TaskName">Name of its task.</param>
/// <param name="Code">
/// The reason, for programs: <c>queue_paused</c>, <c>no_worker</c>, <c>no_worker_for_version</c>, <c>concurrency_limit</c>, <c>rate_limit</c>,
/// <c>behind_others</c>, <c>waits_for_clock</c>, or <c>running</c>.
/// </param>
/// <param name="Reason">The reason, for people, and what to do.</param>
public sealed record WaitingJob(string JobId, string TaskName, string Code, string Reason)
{
    /// <summary>For people.</summary>
    public override string ToString() => $"{TaskName} {JobId}: {Reason}";
}
