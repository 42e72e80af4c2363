using System.Text.Json;
using JobSystem.Api;
using JobSystem.Monitoring.Dashboard.Api;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>
/// A schedule in the fields of a form. A change replaces the whole schedule, so members that the form does not show are sent back unchanged.
/// </summary>
public sealed class ScheduleForm
{
    static readonly (string Unit, long Seconds)[] units = [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];

    /// <summary>Null for a new schedule.</summary>
    readonly Schedule? edited;

    public ScheduleForm(DateTimeOffset now) => At = now.UtcDateTime.AddHours(1);

    public ScheduleForm(Schedule schedule)
    {
        edited = schedule;
        Name = schedule.Name;
        Description = schedule.Description ?? "";
        Task = schedule.TaskName;
        Cron = schedule.CronExpression ?? "";
        Zone = schedule.Timezone;
        Misfire = schedule.MisfirePolicy;
        Overlap = schedule.OverlapPolicy;
        Kwargs = schedule.Kwargs == RawJson.EmptyObject ? "" : schedule.Kwargs.ToString();
        Queue = schedule.QueueName ?? "";
        Priority = schedule.Priority;
        Tags = string.Join(", ", schedule.Tags);
        FillTimes(schedule);
    }

    public string Name { get; set; } = "";
    public string Description { get; set; } = "";
    public string Task { get; set; } = "";

    /// <summary>cron, interval or once</summary>
    public string Kind { get; set; } = "cron";
    public string Cron { get; set; } = "";
    public string Zone { get; set; } = "UTC";
    public long Every { get; set; } = 15;
    public string Unit { get; set; } = "minutes";

    /// <summary>UTC</summary>
    public DateTime At { get; set; }
    public string Misfire { get; set; } = MisfirePolicyWords.FireOnce;
    public string Overlap { get; set; } = OverlapPolicyWords.Allow;
    public string Kwargs { get; set; } = "";
    public string Queue { get; set; } = "";
    public string Priority { get; set; } = Priorities.Normal;
    public string Tags { get; set; } = "";

    public static IEnumerable<string> Units => units.Select(x => x.Unit);

    /// <summary>The body of the request that creates or changes the schedule.</summary>
    /// <exception cref="JsonException">The arguments are not JSON.</exception>
    public UpdateScheduleRequest ToRequest() => new()
    {
        Name = Name.Trim(),
        Description = Word(Description),
        TaskName = Task,
        CronExpression = Kind == "cron" ? Cron.Trim() : null,
        Interval = Kind == "interval" ? ToInterval() : null,
        RunAt = Kind == "once" ? new DateTimeOffset(At, TimeSpan.Zero) : null,
        Timezone = Word(Zone),
        MisfirePolicy = Misfire,
        OverlapPolicy = Overlap,
        Kwargs = Word(Kwargs) is { } arguments ? RawJson.FromText(arguments) : null,
        QueueName = Word(Queue),
        Priority = Priority,
        Tags = TagList.Parse(Tags),
        StartAt = edited?.StartAt,
        EndAt = edited?.EndAt,
        Jitter = edited?.Jitter,
        Args = edited?.Args,
        Metadata = edited?.Metadata,
        MaxRetries = edited?.MaxRetries,
        RetryDelay = edited?.RetryDelay,
        Timeout = edited?.Timeout,
        Version = edited?.Version,
    };

    IntervalRequest ToInterval()
    {
        var count = (int)Math.Clamp(Every, 0, int.MaxValue);
        return Unit switch
        {
            "days" => new() { Days = count },
            "hours" => new() { Hours = count },
            "minutes" => new() { Minutes = count },
            _ => new() { Seconds = count },
        };
    }

    void FillTimes(Schedule schedule)
    {
        if (schedule.Interval is { } interval)
        {
            Kind = "interval";
            var seconds = (interval.Days * 86_400) + (interval.Hours * 3_600) + (interval.Minutes * 60) + interval.Seconds;
            var unit = units.First(x => seconds % x.Seconds == 0);
            (Every, Unit) = (seconds / unit.Seconds, unit.Unit);
        }
        else if (schedule.RunAt is { } at)
        {
            (Kind, At) = ("once", at.UtcDateTime);
        }
    }

    static string? Word(string text) => text.Trim() is { Length: > 0 } word ? word : null;
}
