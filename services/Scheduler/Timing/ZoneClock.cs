namespace JobSystem.Scheduler.Timing;

/// <summary>Local times and clock changes of a time zone.</summary>
static class ZoneClock
{
    /// <summary>The limit that .NET sets to offsets of time zones.</summary>
    public static readonly TimeSpan FurthestFromUtc = TimeSpan.FromHours(14);

    /// <summary>However a clock is changed, after this time it shows a later time than before.</summary>
    public static readonly TimeSpan Period = 2 * FurthestFromUtc;

    static readonly TimeSpan second = TimeSpan.FromSeconds(1);

    public static DateTime Wall(TimeZoneInfo zone, DateTimeOffset at) => at.UtcDateTime + zone.GetUtcOffset(at);

    /// <summary>The first clock change after a time (whole seconds), or the end of the period if there is none.</summary>
    public static DateTimeOffset EvenUntil(TimeZoneInfo zone, DateTimeOffset from)
    {
        var (offset, to) = (zone.GetUtcOffset(from), from + Period);
        if (zone.GetUtcOffset(to) == offset)
        {
            return to;
        }
        while (to - from > second)
        {
            var middle = from + TimeSpan.FromSeconds(Math.Floor((to - from).TotalSeconds / 2));
            (from, to) = zone.GetUtcOffset(middle) == offset ? (middle, to) : (from, middle);
        }
        return to;
    }
}
