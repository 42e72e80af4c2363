using JobSystem.Worker.Running;

namespace JobSystem.Testing.InMemory;

/// <summary>What there is to do in a system, as its databases and its worker have it.</summary>
sealed record SystemSnapshot
{
    /// <summary>False while a timer's callback runs, an attempt has ended and its report is not stored, or schedules change.</summary>
    public required bool IsSteady { get; init; }

    /// <summary>Schedules before and after the jobs were read.</summary>
    public required ScheduleWork Schedules { get; init; }

    /// <summary>A delay, a retry, an expiry or another timer of a job has passed and is not handled.</summary>
    public required bool IsTimerDue { get; init; }

    /// <summary>Attempts that the database knows of, each with what the worker has of it; null if that is not there.</summary>
    public required IReadOnlyList<(HeldJob Job, AttemptRun? Run)> Held { get; init; }

    /// <summary>Attempts whose tasks can go on without the clock.</summary>
    public required IReadOnlyList<(HeldJob Job, AttemptRun? Run)> Busy { get; init; }

    /// <summary>Jobs that could start, in groups that have the same reason to wait.</summary>
    public required IReadOnlyList<QueuedJobs> Queued { get; init; }

    /// <summary>True if nothing happens until the clock moves, jobs are enqueued, or what holds up the queued ones changes.</summary>
    public bool IsIdle => IsSteady && !Schedules.IsDue && Schedules.Unsent == 0 && !IsTimerDue && Busy.Count == 0;

    /// <summary>Equal for two snapshots between which nothing has happened.</summary>
    public string Signature => $"{IsSteady} {Schedules} {IsTimerDue} {string.Join(' ', Held.Select(x => (x.Job, x.Run?.StopReason, x.Run?.HasSlot)))} "
        + $"{Busy.Count} {string.Join(' ', Queued)}";
}

/// <summary>What schedules have to do.</summary>
/// <param name="IsDue">One has to fire.</param>
/// <param name="Unsent">Runs whose jobs are not confirmed.</param>
/// <param name="Runs">All runs.</param>
readonly record struct ScheduleWork(bool IsDue, int Unsent, int Runs);

/// <summary>A reserved or running job.</summary>
readonly record struct HeldJob(Guid Id, string JobId, string TaskName, int Attempt, bool IsBroadcast, bool IsCancelled);

/// <summary>Jobs that wait for nothing but a worker, and have the same reason if they do not start.</summary>
readonly record struct QueuedJobs(string QueueName, string TaskName, string? Version, string? PinnedTo, int Count);
