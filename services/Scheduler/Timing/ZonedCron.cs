namespace JobSystem.Scheduler.Timing;

/// <summary>
/// A cron expression in a time zone. Where the clock jumps forward, a time that does not exist becomes the first moment after the gap;
/// where it is put back, a time that comes twice counts the first time only. An expression that means every hour follows real
/// time instead: skipped times are skipped, repeated ones come twice.
/// </summary>
static class ZonedCron
{
    static readonly TimeSpan day = TimeSpan.FromDays(1);
    static readonly TimeSpan second = TimeSpan.FromSeconds(1);

    /// <summary>No clock was ever put back by more.</summary>
    static readonly TimeSpan longestOverlap = TimeSpan.FromHours(3);

    public static DateTimeOffset? Next(CronExpression cron, TimeZoneInfo zone, DateTimeOffset after)
    {
        var at = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero) + second;
        at = cron.EveryHour ? at : AfterRepeated(zone, at);
        while (true)
        {
            var offset = zone.GetUtcOffset(at);
            if (cron.Next(at.UtcDateTime + offset) is not { } local)
            {
                return null;
            }
            var candidate = new DateTimeOffset(local - offset, TimeSpan.Zero);
            if (candidate - at > day)
            {
                // Far away: go near, the clock may be another one there
                at = candidate - day;
                continue;
            }
            if (zone.GetUtcOffset(candidate) == offset)
            {
                return candidate;
            }
            var change = Change(zone, at, candidate);
            var moved = zone.GetUtcOffset(change) - offset;
            if (moved > TimeSpan.Zero && !cron.EveryHour && candidate < change + moved)
            {
                return change;
            }
            at = moved < TimeSpan.Zero && !cron.EveryHour ? change - moved : change;
        }
    }

    /// <summary>The first moment with another offset than <paramref name="from"/> has.</summary>
    static DateTimeOffset Change(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset to)
    {
        var offset = zone.GetUtcOffset(from);
        while (to - from > second)
        {
            var middle = from + TimeSpan.FromSeconds(Math.Floor((to - from).TotalSeconds / 2));
            (from, to) = zone.GetUtcOffset(middle) == offset ? (middle, to) : (from, middle);
        }
        return to;
    }

    /// <summary>Within the second pass of a repeated hour: the moment after it.</summary>
    static DateTimeOffset AfterRepeated(TimeZoneInfo zone, DateTimeOffset at)
    {
        var earlier = at - longestOverlap;
        var (before, now) = (zone.GetUtcOffset(earlier), zone.GetUtcOffset(at));
        if (now >= before)
        {
            return at;
        }
        var end = Change(zone, earlier, at) + (before - now);
        return at < end ? end : at;
    }
}
