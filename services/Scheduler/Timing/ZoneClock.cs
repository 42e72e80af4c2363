namespace JobSystem.Scheduler.Timing;

/// <summary>Local times and clock changes of a time zone.</summary>
static class ZoneClock
{
    /// <summary>Maximum offset of a time zone in .NET.</summary>
    public static readonly TimeSpan MaxOffset = TimeSpan.FromHours(14);

    /// <summary>After this time, a clock shows a later local time than before, regardless of how it was changed.</summary>
    public static readonly TimeSpan Period = 2 * MaxOffset;

    static readonly TimeSpan second = TimeSpan.FromSeconds(1);

    public static DateTime WallTime(TimeZoneInfo zone, DateTimeOffset at) => at.UtcDateTime + zone.GetUtcOffset(at);

    /// <summary>Returns the first clock change after a time (whole seconds), or the end of <see cref="Period"/> if there is none.</summary>
    public static DateTimeOffset NextChange(TimeZoneInfo zone, DateTimeOffset from)
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
