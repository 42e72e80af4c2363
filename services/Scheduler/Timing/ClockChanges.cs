namespace JobSystem.Scheduler.Timing;

/// <summary>Describes the effect of a clock change on a run.</summary>
static class ClockChanges
{
    static readonly TimeSpan moment = TimeSpan.FromSeconds(1);

    /// <summary>Returns null if the clock is not changed at the time of the run.</summary>
    public static string? Describe(TimeZoneInfo zone, DateTimeOffset run)
    {
        if (zone.GetUtcOffset(run) > zone.GetUtcOffset(run - moment))
        {
            return "the clock jumps forward here; a run at a time that is left out comes now";
        }
        return IsRepeated(zone, run) ? "this time comes twice: the clock is put back" : null;
    }

    /// <summary><see cref="TimeZoneInfo.IsAmbiguousTime(DateTime)"/> ignores changes of a zone's standard offset.</summary>
    static bool IsRepeated(TimeZoneInfo zone, DateTimeOffset run)
    {
        var wall = ZoneClock.WallTime(zone, run);
        TimeSpan[] offsets = [zone.GetUtcOffset(run - ZoneClock.Period), zone.GetUtcOffset(run + ZoneClock.Period)];
        return offsets.Select(offset => new DateTimeOffset(wall, TimeSpan.Zero) - offset)
            .Any(other => other != run && ZoneClock.WallTime(zone, other) == wall);
    }
}
