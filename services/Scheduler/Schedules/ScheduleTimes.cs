using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Requests;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Validates the timing of a schedule, and completes its time zone and anchor.</summary>
static class ScheduleTimes
{
    /// <summary>Number of runs that are checked for the minimum interval.</summary>
    const int MaxChecked = 100;

    public static void Check(ScheduleRow row, DateTimeOffset now, ScheduleRow? existing, SchedulerOptions options, FieldErrors errors)
    {
        if (!CheckGivenFields(row, errors) || !CheckZone(row, errors) || !CheckCron(row, errors))
        {
            return;
        }
        SetAnchor(row, existing);
        if (row.EndAt <= (row.StartAt ?? now))
        {
            var expected = row.StartAt is { } start && start > now
                ? $"a time after start_at, {Rfc3339.Format(start)}"
                : "a time in the future";
            errors.Expected("end_at", expected, Rfc3339.Format(row.EndAt.Value));
            return;
        }
        var timing = ScheduleProgress.TimingOf(row);
        if (timing.Next(now) is not { } first)
        {
            var got = row.RunAt is { } at
                ? $"{Rfc3339.Format(at)}, which has passed or lies outside start_at and end_at"
                : "none between start_at and end_at";
            errors.Expected(GivenFields(row).First(), "at least one run in the future", got);
            return;
        }
        CheckGaps(row, timing, first, options, errors);
    }

    static bool CheckGivenFields(ScheduleRow row, FieldErrors errors)
    {
        string[] given = [.. GivenFields(row)];
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

    static IEnumerable<string> GivenFields(ScheduleRow row)
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
        var problems = new List<string>();
        if (row.CronExpression is null || CronExpression.Parse(row.CronExpression, problems) is not null)
        {
            return true;
        }
        problems.ForEach(problem => errors.Add("cron_expression", problem));
        return false;
    }

    /// <summary>An unchanged interval keeps its anchor.</summary>
    static void SetAnchor(ScheduleRow row, ScheduleRow? existing)
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

    static void CheckGaps(ScheduleRow row, ScheduleTiming timing, DateTimeOffset first, SchedulerOptions options, FieldErrors errors)
    {
        if (row.RunAt is not null)
        {
            return;
        }
        var shortest = ShortestGap(timing, first);
        if (shortest < options.MinInterval)
        {
            errors.Expected(
                GivenFields(row).First(), $"at least {options.MinIntervalSeconds} seconds between two runs", $"{shortest.TotalSeconds}");
        }
        if (row.JitterSeconds > 0 && row.JitterSeconds >= shortest.TotalSeconds)
        {
            errors.Expected(
                "jitter", $"less than the shortest time between two runs, {shortest.TotalSeconds} seconds", $"{row.JitterSeconds}");
        }
    }

    static TimeSpan ShortestGap(ScheduleTiming timing, DateTimeOffset first)
    {
        var shortest = TimeSpan.MaxValue;
        var run = first;
        for (var i = 0; i < MaxChecked && timing.Next(run) is { } next; i++, run = next)
        {
            shortest = next - run < shortest ? next - run : shortest;
        }
        return shortest;
    }
}
