using System.Globalization;
using System.Text.Json;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;
using JobSystem.ServiceDefaults.Json;
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

    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(
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
        var runs = FindRuns(row, await store.Now(cancellationToken), count);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteString("schedule_id"u8, row.Id);
            json.WriteString("status"u8, row.Status);
            WriteRuns(json, row, runs);
            json.WriteEndObject();
        });
    }

    /// <summary>Returns the next runs of a schedule that does not exist.</summary>
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Preview(
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
        var runs = FindRuns(row, now, count);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            WriteRuns(json, row, runs);
            json.WriteEndObject();
        });
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

    static void WriteRuns(Utf8JsonWriter json, ScheduleRow row, List<DateTimeOffset> runs)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(row.Timezone);
        json.WriteString("timezone"u8, row.Timezone);
        json.WriteStartArray("items"u8);
        foreach (var run in runs)
        {
            json.WriteStartObject();
            json.WriteString("run_at"u8, Rfc3339.Format(run));
            var local = TimeZoneInfo.ConvertTime(run, zone);
            json.WriteString("local_time"u8, local.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
            json.WriteString("note"u8, row.CronExpression is null ? null : ClockChanges.Describe(zone, run));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("total"u8, runs.Count);
    }
}
