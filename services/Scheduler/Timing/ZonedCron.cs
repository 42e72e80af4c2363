namespace JobSystem.Scheduler.Timing;

/// <summary>
/// A cron expression in a time zone. Where the clock jumps forward, a time that does not exist becomes the first moment after the gap;
/// where it is put back, a time that comes twice counts the first time only. An expression that means every hour follows real
/// time instead: skipped times are skipped, repeated ones come twice.
/// </summary>
/// <remarks>
/// The first rule is that of a clock which is never put back but stands still until the zone's clock has caught up: a tick is where the
/// hand of this clock reaches or passes a time that fits.
/// </remarks>
static class ZonedCron
{
    static readonly TimeSpan second = TimeSpan.FromSeconds(1);

    /// <summary>The first tick after a time; null if there is none.</summary>
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
            var wall = ZoneClock.Wall(zone, at);
            if (cron.Next(cron.EveryHour ? wall : reached + second) is not { } due)
            {
                return null;
            }
            var end = ZoneClock.EvenUntil(zone, at);
            var tick = due <= wall ? at : at + (due - wall);
            if (tick < end)
            {
                return tick;
            }
            reached = Later(reached, wall + (end - at) - second);
            // No clock shows the time before this; but one that is changed may show again what it has shown
            var earliest = new DateTimeOffset(due, TimeSpan.Zero) - ZoneClock.FurthestFromUtc;
            at = end - at == ZoneClock.Period && earliest > end ? earliest : end;
        }
    }

    /// <summary>The latest local time in the zone before a time.</summary>
    static DateTime LatestBefore(TimeZoneInfo zone, DateTimeOffset moment)
    {
        var latest = DateTime.MinValue;
        for (var at = moment - ZoneClock.Period; at < moment;)
        {
            var end = ZoneClock.EvenUntil(zone, at);
            end = end < moment ? end : moment;
            latest = Later(latest, ZoneClock.Wall(zone, at) + (end - at) - second);
            at = end;
        }
        return latest;
    }

    static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;
}
