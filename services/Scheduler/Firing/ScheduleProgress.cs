using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Firing;

/// <summary>Where a schedule is in the sequence of its runs.</summary>
static class ScheduleProgress
{
    /// <summary>The timing of a stored schedule, which was validated when it was stored.</summary>
    public static ScheduleTiming TimingOf(ScheduleRow row) => Parse(row) with { StartAt = row.StartAt, EndAt = row.EndAt };

    /// <summary>Returns when a run is due: at its planned time plus a deterministic jitter.</summary>
    public static DateTimeOffset DueAt(ScheduleRow row, DateTimeOffset plannedAt) => row.JitterSeconds <= 0
        ? plannedAt
        : plannedAt.AddMilliseconds(Math.Floor(row.JitterSeconds * RunHash.JitterFraction(row.Id, plannedAt) * 1000));

    /// <summary>Plans the next run of an active schedule. Without one, the schedule is completed.</summary>
    public static void PlanNext(ScheduleRow row, DateTimeOffset? next)
    {
        row.NextRunAt = next;
        row.NextDueAt = next is { } plannedAt ? DueAt(row, plannedAt) : null;
        row.Status = next is null ? ScheduleStatus.Completed : ScheduleStatus.Active;
    }

    static ScheduleTiming Parse(ScheduleRow row)
    {
        if (row.CronExpression is { } text)
        {
            var errors = new List<string>();
            var cron = CronExpression.Parse(text, errors) ?? throw new InvalidOperationException(
                $"schedule {row.Id}: {string.Join("; ", errors)}");
            return new ScheduleTiming.Cron(cron, TimeZoneInfo.FindSystemTimeZoneById(row.Timezone));
        }
        return row.IntervalSeconds is { } seconds
            ? new ScheduleTiming.Interval(TimeSpan.FromSeconds(seconds), row.AnchorAt)
            : new ScheduleTiming.Once(row.RunAt!.Value);
    }
}
