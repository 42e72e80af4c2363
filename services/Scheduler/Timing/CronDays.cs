using System.Globalization;
using System.Numerics;

namespace JobSystem.Scheduler.Timing;

/// <summary>
/// The days that match a cron expression. As in crontab: if day of month and day of week are both restricted, a day has to match one of
/// them; if one of the fields begins with * or ?, a day has to match both.
/// </summary>
sealed class CronDays
{
    readonly List<Func<DateOnly, bool>> daysOfMonth = [], daysOfWeek = [];
    readonly bool either;

    CronDays(bool either) => this.either = either;

    public static CronDays? Read(string dayOfMonth, string dayOfWeek, List<string> errors)
    {
        var days = new CronDays(!IsOpen(dayOfMonth) && !IsOpen(dayOfWeek));
        days.ReadDaysOfMonth(dayOfMonth is "?" ? "*" : dayOfMonth, errors);
        days.ReadDaysOfWeek(dayOfWeek is "?" ? "*" : dayOfWeek, errors);
        return errors.Count == 0 ? days : null;
    }

    public bool Includes(DateOnly day)
    {
        var month = daysOfMonth.Exists(x => x(day));
        return either ? month || daysOfWeek.Exists(x => x(day)) : month && daysOfWeek.Exists(x => x(day));
    }

    static bool IsOpen(string field) => field.StartsWith('*') || field.StartsWith('?');

    void ReadDaysOfMonth(string field, List<string> errors)
    {
        foreach (var part in field.Split(','))
        {
            if (part.Equals("L", StringComparison.OrdinalIgnoreCase))
            {
                daysOfMonth.Add(day => day.Day == Length(day));
            }
            else if (part.Equals("LW", StringComparison.OrdinalIgnoreCase))
            {
                daysOfMonth.Add(day => day.Day == NearestWeekday(day, Length(day)));
            }
            else if (part.StartsWith("L-", StringComparison.OrdinalIgnoreCase)
                && TryNumber(part.AsSpan(2), out var before) && before is > 0 and < 31)
            {
                daysOfMonth.Add(day => day.Day == Length(day) - before);
            }
            else if (part.EndsWith("W", StringComparison.OrdinalIgnoreCase) && CronFields.DayOfMonth.Number(part[..^1]) is { } near)
            {
                daysOfMonth.Add(day => near <= Length(day) && day.Day == NearestWeekday(day, near));
            }
            else if (part.Any(c => c is 'L' or 'l' or 'W' or 'w'))
            {
                CronFields.DayOfMonth.AddError(part, "1 to 31, L, L-3, LW or 15W", errors);
            }
            else if (CronFields.DayOfMonth.ReadPart(part, errors) is { } set)
            {
                daysOfMonth.Add(day => (set & (1ul << day.Day)) != 0);
            }
        }
    }

    void ReadDaysOfWeek(string field, List<string> errors)
    {
        foreach (var part in field.Split(','))
        {
            if (part.Contains('#', StringComparison.Ordinal))
            {
                var halves = part.Split('#');
                if (halves.Length == 2 && CronFields.DayOfWeek.Number(halves[0]) is { } weekday
                    && TryNumber(halves[1], out var nth) && nth is >= 1 and <= 5)
                {
                    daysOfWeek.Add(day => (int)day.DayOfWeek == weekday % 7 && (day.Day - 1) / 7 == nth - 1);
                    continue;
                }
                CronFields.DayOfWeek.AddError(part, "a day and which of the month, such as MON#2 (1 to 5)", errors);
            }
            else if (part.EndsWith('L') || part.EndsWith('l'))
            {
                if (CronFields.DayOfWeek.Number(part[..^1]) is { } last)
                {
                    daysOfWeek.Add(day => (int)day.DayOfWeek == last % 7 && day.Day > Length(day) - 7);
                    continue;
                }
                CronFields.DayOfWeek.AddError(part, "a day before L, such as 5L for the last Friday", errors);
            }
            else if (CronFields.DayOfWeek.ReadPart(part, errors) is { } set)
            {
                daysOfWeek.Add(day => (set & (1ul << (int)day.DayOfWeek)) != 0);
            }
        }
    }

    static bool TryNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    static int Length(DateOnly day) => DateTime.DaysInMonth(day.Year, day.Month);

    /// <summary>The nearest weekday to a day within the same month.</summary>
    static int NearestWeekday(DateOnly day, int wanted) => new DateOnly(day.Year, day.Month, wanted).DayOfWeek switch
    {
        DayOfWeek.Saturday => wanted > 1 ? wanted - 1 : wanted + 2,
        DayOfWeek.Sunday => wanted < Length(day) ? wanted + 1 : wanted - 2,
        _ => wanted,
    };
}

/// <summary>Bit sets of numbers.</summary>
static class Bit
{
    /// <summary>The lowest element not below <paramref name="least"/>; -1 if there is none.</summary>
    public static int AtLeast(ulong set, int least) =>
        least > 63 || (set >> least) == 0 ? -1 : least + BitOperations.TrailingZeroCount(set >> least);
}
