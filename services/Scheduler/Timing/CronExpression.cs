namespace JobSystem.Scheduler.Timing;

/// <summary>
/// A cron expression of five fields (minute hour day-of-month month day-of-week), of six with seconds in front, or a word such as
/// <c>@daily</c>. It speaks about wall clocks; what that is in a time zone with daylight saving is up to <see cref="ZonedCron"/>.
/// Written by hand, because Cronos requires both restricted day fields to match, unlike crontab, and Quartz takes no five fields.
/// </summary>
public sealed class CronExpression
{
    const int MaxLength = 200;
    const ulong AllHours = (1ul << 24) - 1;

    /// <summary>29 February on a given weekday may be up to 40 years away.</summary>
    const int YearsAhead = 41;

    static readonly Dictionary<string, string> words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@monthly"] = "0 0 1 * *",
        ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@hourly"] = "0 * * * *",
    };

    readonly ulong seconds, minutes, hours, months;
    readonly CronDays days;

    CronExpression(ulong seconds, ulong minutes, ulong hours, ulong months, CronDays days) =>
        (this.seconds, this.minutes, this.hours, this.months, this.days) = (seconds, minutes, hours, months, days);

    /// <summary>Checks required members before parsing.</summary>
    public static string Expected { get; } = $"a cron expression of at most {MaxLength} characters";

    public static bool MayBe(string text) => text.Length is > 0 and <= MaxLength;

    /// <summary>True if every hour matches; then a repeated hour runs twice and a skipped one not at all.</summary>
    public bool EveryHour => hours == AllHours;

    /// <summary>Null when <paramref name="errors"/> says which field is wrong, what was expected and what came.</summary>
    public static CronExpression? Parse(string text, List<string> errors)
    {
        var given = text.Trim();
        if (given.StartsWith('@') && !words.TryGetValue(given, out given!))
        {
            errors.Add($"expected one of {string.Join(", ", words.Keys)}; got \"{text.Trim()}\"");
            return null;
        }
        var fields = given.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length is not (5 or 6))
        {
            errors.Add($"expected five fields (minute hour day-of-month month day-of-week) or six with seconds in front; got {fields.Length}");
            return null;
        }
        var expression = Read(fields.Length == 6 ? fields : ["0", .. fields], errors);
        if (expression is not null && expression.Next(new(2024, 1, 1)) is null)
        {
            errors.Add($"expected a day that comes; \"{text.Trim()}\" never does");
            return null;
        }
        return expression;
    }

    static CronExpression? Read(string[] fields, List<string> errors)
    {
        var seconds = CronFields.Second.Read(fields[0], errors);
        var minutes = CronFields.Minute.Read(fields[1], errors);
        var hours = CronFields.Hour.Read(fields[2], errors);
        var months = CronFields.Month.Read(fields[4], errors);
        var days = CronDays.Read(fields[3], fields[5], errors);
        return errors.Count == 0 ? new(seconds!.Value, minutes!.Value, hours!.Value, months!.Value, days!) : null;
    }

    /// <summary>The first matching local time at or after <paramref name="from"/> (whole seconds); null if there is none.</summary>
    public DateTime? Next(DateTime from)
    {
        var day = DateOnly.FromDateTime(from);
        var time = NextTime(from.TimeOfDay);
        var end = day.Year + YearsAhead;
        while (day.Year < end && day < DateOnly.MaxValue.AddMonths(-1))
        {
            if ((months & (1ul << day.Month)) == 0)
            {
                day = new DateOnly(day.Year, day.Month, 1).AddMonths(1);
                time = NextTime(TimeSpan.Zero);
                continue;
            }
            if (time is { } found && days.Includes(day))
            {
                return day.ToDateTime(TimeOnly.MinValue) + found;
            }
            day = day.AddDays(1);
            time = NextTime(TimeSpan.Zero);
        }
        return null;
    }

    TimeSpan? NextTime(TimeSpan from)
    {
        for (var hour = Bit.AtLeast(hours, from.Hours); hour >= 0; hour = Bit.AtLeast(hours, hour + 1))
        {
            var sameHour = hour == from.Hours;
            for (var minute = Bit.AtLeast(minutes, sameHour ? from.Minutes : 0); minute >= 0; minute = Bit.AtLeast(minutes, minute + 1))
            {
                var second = Bit.AtLeast(seconds, sameHour && minute == from.Minutes ? from.Seconds : 0);
                if (second >= 0)
                {
                    return new(hour, minute, second);
                }
            }
        }
        return null;
    }
}
