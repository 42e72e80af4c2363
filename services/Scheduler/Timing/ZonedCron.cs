namespace JobSystem.Scheduler.Timing;

/// <summary>
/// A cron expression in a time zone. When the clock is put forward, a run at a skipped time moves to the end of the gap; when it is put
/// back, a run at a repeated time happens only the first time. Expressions that match every hour follow real time instead: skipped runs do
/// not happen, and repeated ones happen twice.
/// </summary>
/// <remarks>
/// The first rule corresponds to a clock that is never put back, but stops until the zone's clock has caught up: a run is where this clock
/// reaches or passes a matching time.
/// </remarks>
static class ZonedCron
{
    static readonly TimeSpan second = TimeSpan.FromSeconds(1);

    /// <summary>Returns the first run after a time; null if there is none.</summary>
    public static DateTimeOffset? Next(CronExpression cron, TimeZoneInfo zone, DateTimeOffset after)
    {
        if (after > DateTimeOffset.MaxValue - ZoneClock.Period)
        {
            return null;
        }
        var at = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) + second;
        var reached = cron.EveryHour ? DateTime.MinValue : LatestBefore(zone, at);
        while (true)
        {
            var wall = ZoneClock.WallTime(zone, at);
            if (cron.Next(cron.EveryHour ? wall : reached + second) is not { } due)
            {
                return null;
            }
            var end = ZoneClock.NextChange(zone, at);
            var run = due <= wall ? at : at + (due - wall);
            if (run < end)
            {
                return run;
            }
            reached = Later(reached, wall + (end - at) - second);
            // No clock shows the time earlier than this. After a change, a clock may show a time again
            var earliest = new DateTimeOffset(due, TimeSpan.Zero) - ZoneClock.MaxOffset;
            at = end - at == ZoneClock.Period && earliest > end ? earliest : end;
        }
    }

    /// <summary>The latest local time in the zone before a time.</summary>
    static DateTime LatestBefore(TimeZoneInfo zone, DateTimeOffset moment)
    {
        var latest = DateTime.MinValue;
        for (var at = moment - ZoneClock.Period; at < moment;)
        {
            var end = ZoneClock.NextChange(zone, at);
            end = end < moment ? end : moment;
            latest = Later(latest, ZoneClock.WallTime(zone, at) + (end - at) - second);
            at = end;
        }
        return latest;
    }

    static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;
}
