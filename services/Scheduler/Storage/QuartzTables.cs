namespace JobSystem.Scheduler.Storage;

/// <summary>The tables of Quartz's job store; the first migration creates them.</summary>
static class QuartzTables
{
    static readonly string[] names =
    [
        "locks", "scheduler_state", "fired_triggers", "paused_job_grps", "paused_trigger_grps", "calendars", "blob_triggers",
        "simprop_triggers", "cron_triggers", "simple_triggers", "triggers", "job_details",
    ];

    public static string Create
    {
        get
        {
            using var script = new StreamReader(typeof(QuartzTables).Assembly.GetManifestResourceStream("QuartzTables.sql")!);
            return script.ReadToEnd();
        }
    }

    public static string Drop => $"drop table {string.Join(", ", names.Select(x => $"qrtz_{x}"))}";
}
