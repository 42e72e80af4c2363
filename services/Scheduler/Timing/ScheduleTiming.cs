namespace JobSystem.Scheduler.Timing;

/// <summary>The sequence of the planned times of a schedule's runs.</summary>
public abstract record ScheduleTiming
{
    /// <summary>There are no runs before this time.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>There are no runs after this time.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>Returns the first run after a time; null if there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        // A run at start_at itself is included
        var from = StartAt is { } start && start > after ? start.AddMicroseconds(-1) : after;
        return NextAfter(from) is { } run && !(run > EndAt) ? run : null;
    }

    protected abstract DateTimeOffset? NextAfter(DateTimeOffset after);

    /// <summary>A cron expression in a time zone.</summary>
    public sealed record Cron(CronExpression Expression, TimeZoneInfo Zone) : ScheduleTiming
    {
        protected override DateTimeOffset? NextAfter(DateTimeOffset after) => ZonedCron.Next(Expression, Zone, after);
    }

    /// <summary>
    /// Runs at a fixed interval, counted from an anchor. There is a run at the anchor itself only with
    /// <see cref="ScheduleTiming.StartAt"/>.
    /// </summary>
    public sealed record Interval(TimeSpan Period, DateTimeOffset Anchor) : ScheduleTiming
    {
        protected override DateTimeOffset? NextAfter(DateTimeOffset after)
        {
            var count = after < Anchor ? 0 : ((after - Anchor).Ticks / Period.Ticks) + 1;
            count = Math.Max(count, StartAt is null ? 1 : 0);
            return count > (DateTimeOffset.MaxValue - Anchor).Ticks / Period.Ticks ? null : Anchor + (count * Period);
        }
    }

    /// <summary>One run.</summary>
    public sealed record Once(DateTimeOffset At) : ScheduleTiming
    {
        protected override DateTimeOffset? NextAfter(DateTimeOffset after) => At > after ? At : null;
    }
}
