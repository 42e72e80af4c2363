namespace JobSystem.Scheduler.Timing;

/// <summary>Says in words what daylight saving does to one tick.</summary>
static class ClockChanges
{
    static readonly TimeSpan moment = TimeSpan.FromSeconds(1);

    /// <summary>Null on all days but those of a change.</summary>
    public static string? Note(TimeZoneInfo zone, DateTimeOffset tick)
    {
        var (before, now) = (zone.GetUtcOffset(tick - moment), zone.GetUtcOffset(tick));
        if (now > before)
        {
            return "the clock jumps forward here; a run at a time that is left out comes now";
        }
        return zone.IsAmbiguousTime(TimeZoneInfo.ConvertTime(tick, zone)) ? "this time comes twice: the clock is put back" : null;
    }
}
