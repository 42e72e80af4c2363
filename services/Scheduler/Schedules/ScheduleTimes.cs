using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Requests;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Validates the times of a schedule and computes its first run.</summary>
static class ScheduleTimes
{
    /// <summary>Number of runs that are checked for the minimum interval.</summary>
    const int Looked = 100;

    public static void Check(ScheduleRow row, DateTimeOffset now, ScheduleRow? existing, SchedulerOptions options, FieldErrors errors)
    {
        if (!CheckKind(row, errors) || !CheckZone(row, errors) || !CheckCron(row, errors))
        {
            return;
        }
        Anchor(row, existing);
        if (row.EndAt <= (row.StartAt ?? now))
        {
            errors.Expected("end_at", row.StartAt is { } start && start > now ? $"a time after start_at, {Rfc3339.Format(start)}" : "a time in the future", Rfc3339.Format(row.EndAt.Value));
            return;
        }
        var timetable = Runs.TimetableOf(row);
        if (timetable.Next(now) is not { } first)
        {
            errors.Expected(Field(row), "at least one run in the future", row.RunAt is { } at ? $"{Rfc3339.Format(at)}, which has passed or lies outside start_at and end_at" : "none between start_at and end_at");
            return;
        }
        CheckGaps(row, timetable, first, options, errors);
    }

    static bool CheckKind(ScheduleRow row, FieldErrors errors)
    {
        string[] given = [.. Kinds(row)];
        if (given.Length == 1)
        {
            return true;
        }
        if (given.Length == 0)
        {
            errors.Expected("cron_expression", "one of cron_expression, interval and run_at", "none of them");
        }
        foreach (var field in given)
        {
            errors.Add(field, $"expected only one of cron_expression, interval and run_at; got {string.Join(" and ", given)}");
        }
        return false;
    }

    static IEnumerable<string> Kinds(ScheduleRow row)
    {
        if (row.CronExpression is not null)
        {
            yield return "cron_expression";
        }
        if (row.IntervalSeconds is not null)
        {
            yield return "interval";
        }
        if (row.RunAt is not null)
        {
            yield return "run_at";
        }
    }

    static string Field(ScheduleRow row) => Kinds(row).First();

    static bool CheckZone(ScheduleRow row, FieldErrors errors)
    {
        if (row.Timezone.Length == 0)
        {
            row.Timezone = Zones.Utc;
        }
        if (Zones.TryFind(row.Timezone, out _))
        {
            return true;
        }
        errors.Expected("timezone", Zones.Expected, FieldErrors.Quote(row.Timezone));
        return false;
    }

    static bool CheckCron(ScheduleRow row, FieldErrors errors)
    {
        var faults = new List<string>();
        if (row.CronExpression is null || CronExpression.Parse(row.CronExpression, faults) is not null)
        {
            return true;
        }
        faults.ForEach(fault => errors.Add("cron_expression", fault));
        return false;
    }

    /// <summary>An unchanged interval keeps its anchor.</summary>
    static void Anchor(ScheduleRow row, ScheduleRow? existing)
    {
        if (row.StartAt is { } start)
        {
            row.AnchorAt = start;
        }
        else if (existing?.IntervalSeconds == row.IntervalSeconds && existing?.StartAt is null && existing is not null)
        {
            row.AnchorAt = existing.AnchorAt;
        }
        else
        {
            row.AnchorAt = new(row.AnchorAt.UtcTicks - (row.AnchorAt.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
        }
    }

    static void CheckGaps(ScheduleRow row, ScheduleTiming timetable, DateTimeOffset first, SchedulerOptions options, FieldErrors errors)
    {
        if (row.RunAt is not null)
        {
            return;
        }
        var shortest = Shortest(timetable, first);
        if (shortest < options.MinInterval)
        {
            errors.Expected(Field(row), $"at least {options.MinIntervalSeconds} seconds between two runs", $"{shortest.TotalSeconds}");
        }
        if (row.JitterSeconds > 0 && row.JitterSeconds >= shortest.TotalSeconds)
        {
            errors.Expected("jitter", $"less than the shortest time between two runs, {shortest.TotalSeconds} seconds", $"{row.JitterSeconds}");
        }
    }

    static TimeSpan Shortest(ScheduleTiming timetable, DateTimeOffset first)
    {
        var shortest = TimeSpan.MaxValue;
        var tick = first;
        for (var i = 0; i < Looked && timetable.Next(tick) is { } next; i++, tick = next)
        {
            shortest = next - tick < shortest ? next - tick : shortest;
        }
        return shortest;
    }
}
