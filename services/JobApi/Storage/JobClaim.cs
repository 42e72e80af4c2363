using System.Globalization;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>Which waiting jobs to reserve, and for which workers.</summary>
public sealed record JobClaim
{
    /// <summary>Where to look, and from which time on: no job of the level waits that became ready before.</summary>
    public IReadOnlyList<(WaitingLevel Level, DateTimeOffset From)> Levels { get; init; } = [];

    /// <summary>Jobs to reserve besides, if they wait: those that only one worker may run.</summary>
    public IReadOnlyList<Guid> Pinned { get; init; } = [];

    /// <summary>The queue of all levels and jobs, if it has limits; null: none of their queues has.</summary>
    public string? LimitedQueue { get; init; }

    /// <summary>The queues of the levels and jobs.</summary>
    public required IReadOnlyList<string> Queues { get; init; }

    /// <summary>Ids of workers: the first job is reserved for the first of them, and so on. So many jobs are reserved at most.</summary>
    public required IReadOnlyList<string> Workers { get; init; }

    /// <summary>The database's time: jobs that have expired by then are left out.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>When the leases end, unless they are renewed.</summary>
    public required DateTimeOffset LeaseUntil { get; init; }
}

/// <summary>What was reserved.</summary>
/// <param name="Jobs">By priority, then by the time at which they became ready. Each has the step that was taken.</param>
/// <param name="Closed">
/// Queues from which nothing was reserved because they are paused, limited although <see cref="JobClaim.LimitedQueue"/> does not say so, or being changed.
/// </param>
/// <param name="IsFull">True if the limits of <see cref="JobClaim.LimitedQueue"/> allow no more than these.</param>
public sealed record ClaimedJobs(IReadOnlyList<JobState> Jobs, IReadOnlyList<string> Closed, bool IsFull);

/// <summary>The line that a claim adds to a job's history, in parts: between them are the attempt, the worker, and the version.</summary>
static class ClaimStep
{
    const string Word = JobStatus.Reserved;
    const int AttemptMark = 1_000_000_007;
    const int VersionMark = 1_000_000_009;

    /// <summary>The line for a worker: before the number of the attempt, between it and the version, and after that.</summary>
    public static (string Before, string Between, string After) Line(DateTimeOffset at, string workerId)
    {
        var step = new JobEvent
        {
            JobId = "",
            Event = Word,
            At = at,
            Attempt = AttemptMark,
            WorkerId = workerId,
            TaskName = "",
            QueueName = "",
            Priority = "",
            Owner = "",
        };
        var line = JobHistory.Line(step, VersionMark);
        var (before, rest) = Split(line, AttemptMark);
        var (between, after) = Split(rest, VersionMark);
        return (before, between, after);
    }

    public static JobState With(JobState job, DateTimeOffset at)
    {
        job.NewSteps.Add(job.ToEvent(Word, at));
        return job;
    }

    static (string, string) Split(string text, int mark)
    {
        var digits = mark.ToString(CultureInfo.InvariantCulture);
        var at = mark == AttemptMark ? text.IndexOf(digits, StringComparison.Ordinal) : text.LastIndexOf(digits, StringComparison.Ordinal);
        return (text[..at], text[(at + digits.Length)..]);
    }
}
