namespace JobSystem.Scheduler.Timing;

/// <summary>Computes the ticks of a schedule.</summary>
public abstract record ScheduleTiming
{
    /// <summary>Ticks before this moment do not count.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Ticks after this moment do not count.</summary>
    public DateTimeOffset? EndAt { get; init; }

    /// <summary>The first tick after a time; null if there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        // A tick at start_at itself counts
        var from = StartAt is { } start && start > after ? start.AddMicroseconds(-1) : after;
        return Following(from) is { } tick && !(tick > EndAt) ? tick : null;
    }

    protected abstract DateTimeOffset? Following(DateTimeOffset after);

    /// <summary>A cron expression in a time zone.</summary>
    public sealed record Cron(CronExpression Expression, TimeZoneInfo Zone) : ScheduleTiming
    {
        protected override DateTimeOffset? Following(DateTimeOffset after) => ZonedCron.Next(Expression, Zone, after);
    }

    /// <summary>Ticks at a fixed interval from an anchor. The anchor itself is a tick only with <see cref="ScheduleTiming.StartAt"/>.</summary>
    public sealed record Interval(TimeSpan Period, DateTimeOffset Anchor) : ScheduleTiming
    {
        protected override DateTimeOffset? Following(DateTimeOffset after)
        {
            var count = after < Anchor ? 0 : ((after - Anchor).Ticks / Period.Ticks) + 1;
            count = Math.Max(count, StartAt is null ? 1 : 0);
            return count > (DateTimeOffset.MaxValue - Anchor).Ticks / Period.Ticks ? null : Anchor + (count * Period);
        }
    }

    /// <summary>One tick.</summary>
    public sealed record Once(DateTimeOffset At) : ScheduleTiming
    {
        protected override DateTimeOffset? Following(DateTimeOffset after) => At > after ? At : null;
    }
}
