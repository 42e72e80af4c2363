namespace JobSystem.Scheduler.Timing;

/// <summary>Describes the effect of a clock change on a tick.</summary>
static class ClockChanges
{
    static readonly TimeSpan moment = TimeSpan.FromSeconds(1);

    /// <summary>Returns null on days without a clock change.</summary>
    public static string? Note(TimeZoneInfo zone, DateTimeOffset tick)
    {
        if (zone.GetUtcOffset(tick) > zone.GetUtcOffset(tick - moment))
        {
            return "the clock jumps forward here; a run at a time that is left out comes now";
        }
        return IsShownTwice(zone, tick) ? "this time comes twice: the clock is put back" : null;
    }

    /// <summary><see cref="TimeZoneInfo.IsAmbiguousTime(DateTime)"/> ignores changes of a zone's standard offset.</summary>
    static bool IsShownTwice(TimeZoneInfo zone, DateTimeOffset tick)
    {
        var wall = ZoneClock.Wall(zone, tick);
        TimeSpan[] offsets = [zone.GetUtcOffset(tick - ZoneClock.Period), zone.GetUtcOffset(tick + ZoneClock.Period)];
        return offsets.Any(offset => new DateTimeOffset(wall, TimeSpan.Zero) - offset is var other && other != tick && ZoneClock.Wall(zone, other) == wall);
    }
}
