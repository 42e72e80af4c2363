using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Firing;

/// <summary>Which due runs of a schedule fire, by its misfire policy.</summary>
/// <param name="ToFire">Planned times of the runs that fire, in order.</param>
/// <param name="Missed">Number of due runs that do not fire.</param>
/// <param name="Last">Planned time of the last due run.</param>
/// <param name="Next">Planned time of the next run; null if there is none.</param>
sealed record FiringDecision(IReadOnlyList<DateTimeOffset> ToFire, long Missed, DateTimeOffset Last, DateTimeOffset? Next)
{
    /// <summary>Due runs above this number are not counted one by one.</summary>
    const int MaxCounted = 10_000;

    /// <summary>
    /// Decides about a due schedule. The misfire policy applies if its first due run is late; otherwise all due runs fire.
    /// </summary>
    public static FiringDecision Decide(ScheduleRow row, DateTimeOffset now, SchedulerOptions options)
    {
        var timing = ScheduleProgress.TimingOf(row);
        var (due, next, more) = DueRuns(row, timing, now, options.CatchUp);
        var late = now - ScheduleProgress.DueAt(row, due[0]) > options.Misfire;
        List<DateTimeOffset> toFire = (late, row.MisfirePolicy) switch
        {
            (false, _) => due,
            (true, MisfirePolicies.FireAll) => [.. due.TakeLast(options.CatchUp)],
            (true, MisfirePolicies.Skip) => now - ScheduleProgress.DueAt(row, due[^1]) <= options.Misfire ? [due[^1]] : [],
            _ => [due[^1]],
        };
        return new(toFire, due.Count - toFire.Count + more, due[^1], next);
    }

    /// <summary>Returns the due runs, at least one; if there are very many, only the latest, and the number of the others.</summary>
    static (List<DateTimeOffset> Due, DateTimeOffset? Next, long More) DueRuns(
        ScheduleRow row, ScheduleTiming timing, DateTimeOffset now, int latest)
    {
        var due = new List<DateTimeOffset>();
        var next = row.NextRunAt;
        for (; next is { } run && ScheduleProgress.DueAt(row, run) <= now; next = timing.Next(run))
        {
            if (due.Count == MaxCounted)
            {
                return (LatestRuns(row, timing, now, latest, out next), next, MaxCounted);
            }
            due.Add(run);
        }
        return (due, next, 0);
    }

    /// <summary>Returns at least this number of latest due runs. Searches back from now in windows of growing length.</summary>
    static List<DateTimeOffset> LatestRuns(ScheduleRow row, ScheduleTiming timing, DateTimeOffset now, int wanted, out DateTimeOffset? next)
    {
        for (var window = TimeSpan.FromMinutes(2); ; window *= 2)
        {
            var found = new List<DateTimeOffset>();
            next = timing.Next(now - window);
            for (; next is { } run && ScheduleProgress.DueAt(row, run) <= now; next = timing.Next(run))
            {
                found.Add(run);
            }
            if (found.Count >= wanted)
            {
                return found;
            }
        }
    }
}
