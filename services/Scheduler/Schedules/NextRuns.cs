using System.Globalization;
using JobSystem.Api;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// GET /schedules/{id}/next and /schedules/preview: the runs to come, in UTC and on the schedule's own clock, and where daylight saving
/// moves one.
/// </summary>
static class NextRuns
{
    const int Default = 10;
    const int Most = 100;
    const string Failed = "Failed to list the next runs";

    public static async Task<Results<RecordAnswer<PlannedRuns>, ProblemHttpResult>> Handle(
        string scheduleId, HttpRequest http, ScheduleStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var count = new QueryReader(http.Query, errors, ["count"]).Whole("count", 1, Most) ?? Default;
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        if (ScheduleEndpoints.Parse(scheduleId) is not { } id || await store.Find(id, cancellationToken) is not { } row)
        {
            return ScheduleEndpoints.NotFound(scheduleId);
        }
        var runs = Plan(row, await store.Now(cancellationToken), count);
        var answer = new PlannedRuns { ScheduleId = row.Id, Status = row.Status, Timezone = row.Timezone, Items = runs, Total = runs.Count };
        return new RecordAnswer<PlannedRuns>(answer, ApiJson.Default.PlannedRuns);
    }

    /// <summary>Preview of a schedule with this cron expression.</summary>
    public static async Task<Results<RecordAnswer<PreviewedRuns>, ProblemHttpResult>> Preview(
        HttpRequest http, ScheduleStore store, IOptions<SchedulerOptions> options, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["cron_expression", "timezone", "count"]);
        var count = query.Whole("count", 1, Most) ?? Default;
        var expression = query.Text("cron_expression", CronExpression.Expected, CronExpression.MayBe);
        if (expression is null && !errors.Any)
        {
            errors.Expected("cron_expression", CronExpression.Expected, "nothing");
        }
        var zone = query.Text("timezone", Zones.Expected, x => Zones.TryFind(x, out _)) ?? "";
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        var now = await store.Now(cancellationToken);
        var row = new ScheduleRow { AnchorAt = now, CronExpression = expression, Timezone = zone };
        ScheduleTimes.Check(row, now, null, options.Value, errors);
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        var runs = Plan(row, now, count);
        var answer = new PreviewedRuns { Timezone = row.Timezone, Items = runs, Total = runs.Count };
        return new RecordAnswer<PreviewedRuns>(answer, ApiJson.Default.PreviewedRuns);
    }

    /// <summary>For a paused schedule, the runs if it were resumed now.</summary>
    static List<DateTimeOffset> Ticks(ScheduleRow row, DateTimeOffset now, int count)
    {
        var timetable = Runs.TimetableOf(row);
        var ticks = new List<DateTimeOffset>();
        for (var tick = row.NextTick ?? timetable.Next(now); tick is { } at && ticks.Count < count; tick = timetable.Next(at))
        {
            ticks.Add(at);
        }
        return ticks;
    }

    static List<PlannedRun> Plan(ScheduleRow row, DateTimeOffset now, int count)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(row.Timezone);
        return [.. Ticks(row, now, count).Select(tick => new PlannedRun
        {
            RunAt = tick,
            LocalTime = TimeZoneInfo.ConvertTime(tick, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
            Note = row.CronExpression is null ? null : ClockChanges.Note(zone, tick),
        })];
    }
}
