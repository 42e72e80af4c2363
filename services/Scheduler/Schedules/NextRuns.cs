using System.Globalization;
using JobSystem.Api;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// GET /schedules/{id}/next and /schedules/preview: the next runs, in UTC and in the schedule's time zone, with a note about runs that a
/// change of the clock moves.
/// </summary>
static class NextRuns
{
    const int DefaultCount = 10;
    const int MaxCount = 100;
    const string FailureTitle = "Failed to list the next runs";

    public static async Task<Results<RecordAnswer<PlannedRuns>, ProblemHttpResult>> Handle(
        string scheduleId, HttpRequest http, ScheduleStore store, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var count = new QueryReader(http.Query, errors, ["count"]).Whole("count", 1, MaxCount) ?? DefaultCount;
        if (errors.Any)
        {
            return errors.ToProblem(FailureTitle);
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
        var count = query.Whole("count", 1, MaxCount) ?? DefaultCount;
        var expression = query.Text("cron_expression", CronExpression.Expected, CronExpression.MayBe);
        if (expression is null && !errors.Any)
        {
            errors.Expected("cron_expression", CronExpression.Expected, "nothing");
        }
        var zone = query.Text("timezone", Zones.Expected, x => Zones.TryFind(x, out _)) ?? "";
        if (errors.Any)
        {
            return errors.ToProblem(FailureTitle);
        }
        var now = await store.Now(cancellationToken);
        var row = new ScheduleRow { AnchorAt = now, CronExpression = expression, Timezone = zone };
        ScheduleTimes.Check(row, now, null, options.Value, errors);
        if (errors.Any)
        {
            return errors.ToProblem(FailureTitle);
        }
        var runs = Plan(row, now, count);
        var answer = new PreviewedRuns { Timezone = row.Timezone, Items = runs, Total = runs.Count };
        return new RecordAnswer<PreviewedRuns>(answer, ApiJson.Default.PreviewedRuns);
    }

    /// <summary>Returns the next runs; for a paused schedule, those that it would have if it were resumed now.</summary>
    static List<DateTimeOffset> FindRuns(ScheduleRow row, DateTimeOffset now, int count)
    {
        var timing = ScheduleProgress.TimingOf(row);
        var runs = new List<DateTimeOffset>();
        for (var next = row.NextRunAt ?? timing.Next(now); next is { } run && runs.Count < count; next = timing.Next(run))
        {
            runs.Add(run);
        }
        return runs;
    }

    static List<PlannedRun> Plan(ScheduleRow row, DateTimeOffset now, int count)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(row.Timezone);
        return [.. FindRuns(row, now, count).Select(run => new PlannedRun
        {
            RunAt = run,
            LocalTime = TimeZoneInfo.ConvertTime(run, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
            Note = row.CronExpression is null ? null : ClockChanges.Describe(zone, run),
        })];
    }
}
