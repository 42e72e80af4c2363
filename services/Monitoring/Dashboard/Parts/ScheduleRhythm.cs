using JobSystem.Api;

namespace JobSystem.Monitoring.Dashboard.Parts;

static class ScheduleRhythm
{
    /// <summary>When a schedule runs, in a few words.</summary>
    public static string Describe(Schedule schedule) => schedule switch
    {
        { CronExpression: { } cron } => $"{cron} ({schedule.Timezone})",
        { Interval: { } interval } => $"every {string.Join(' ', Parts(interval))}",
        _ => "once",
    };

    static IEnumerable<string> Parts(ScheduleInterval interval) =>
        from part in ((long Count, string Unit)[])
            [(interval.Days, "days"), (interval.Hours, "hours"), (interval.Minutes, "minutes"), (interval.Seconds, "seconds")]
        where part.Count != 0
        select $"{part.Count} {part.Unit}";
}
