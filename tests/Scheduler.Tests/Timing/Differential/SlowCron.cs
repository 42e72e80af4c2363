using System.Globalization;

namespace JobSystem.Scheduler.Tests.Timing.Differential;

/// <summary>
/// The rules of docs/schedules.md in their plainest form, sharing no code with the service: every field is a test of one number, and the
/// runs are found by walking through time step by step.
/// </summary>
sealed class SlowCron
{
    static readonly string[] months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    static readonly string[] weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    readonly bool[] seconds, minutes, hours;
    readonly string month, dayOfMonth, dayOfWeek;
    readonly Dictionary<DateOnly, bool> days = [];

    public SlowCron(string expression)
    {
        var fields = expression.Split(' ');
        HasSeconds = fields.Length == 6;
        fields = HasSeconds ? fields : ["0", .. fields];
        seconds = Numbers(fields[0], 60);
        minutes = Numbers(fields[1], 60);
        hours = Numbers(fields[2], 24);
        (dayOfMonth, month, dayOfWeek) = (fields[3], fields[4], fields[5]);
    }

    public bool HasSeconds { get; }

    /// <summary>All runs after <paramref name="from"/> (a whole minute, exclusive) up to <paramref name="until"/>.</summary>
    public IEnumerable<DateTime> Runs(TimeZoneInfo zone, DateTime from, DateTime until)
    {
        var step = HasSeconds ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1);
        var everyHour = Array.TrueForAll(hours, x => x);
        // What the clock has shown before the walk. It is changed at whole minutes, and was never put back by more than a day
        var minute = TimeSpan.FromMinutes(1);
        var latest = Wall(zone, from);
        for (var at = from - TimeSpan.FromHours(25); at < from; at += minute)
        {
            latest = Later(latest, Wall(zone, at) + minute - step);
        }
        for (var at = from + step; at <= until; at += step)
        {
            var wall = Wall(zone, at);
            var due = everyHour && Matches(wall);
            for (var shown = latest + step; !everyHour && shown <= wall; shown += step)
            {
                due |= Matches(shown);
            }
            latest = Later(latest, wall);
            if (due)
            {
                yield return at;
            }
        }
    }

    static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;

    static DateTime Wall(TimeZoneInfo zone, DateTime utc) => utc + zone.GetUtcOffset(utc);

    bool Matches(DateTime wall) =>
        seconds[wall.Second] && minutes[wall.Minute] && hours[wall.Hour] && IncludesDay(DateOnly.FromDateTime(wall));

    bool IncludesDay(DateOnly day)
    {
        if (!days.TryGetValue(day, out var included))
        {
            days[day] = included = Any(month, part => Plain(part, day.Month, 1, 12, months)) && FitsDayFields(day);
        }
        return included;
    }

    bool FitsDayFields(DateOnly day)
    {
        var inMonth = Any(dayOfMonth, part => FitsDayOfMonth(part, day));
        var inWeek = Any(dayOfWeek, part => FitsDayOfWeek(part, day));
        return dayOfMonth[0] is '*' or '?' || dayOfWeek[0] is '*' or '?' ? inMonth && inWeek : inMonth || inWeek;
    }

    static bool FitsDayOfMonth(string part, DateOnly day)
    {
        var last = day.AddMonths(1).AddDays(-day.AddMonths(1).Day).Day;
        if (part == "L")
        {
            return day.Day == last;
        }
        if (part == "LW")
        {
            return day == NearestWeekday(day, last);
        }
        if (part.StartsWith("L-", StringComparison.Ordinal))
        {
            return day.Day == last - Parse(part[2..]);
        }
        return part.EndsWith('W')
            ? Parse(part[..^1]) <= last && day == NearestWeekday(day, Parse(part[..^1]))
            : Plain(part, day.Day, 1, 31, []);
    }

    /// <summary>
    /// The day with the smallest distance that is a weekday of the same month; a Saturday prefers the day before, a Sunday the day after.
    /// </summary>
    static DateOnly NearestWeekday(DateOnly month, int wanted)
    {
        var middle = new DateOnly(month.Year, month.Month, wanted);
        int[] distances = middle.DayOfWeek == DayOfWeek.Saturday ? [0, -1, 1, -2, 2] : [0, 1, -1, 2, -2];
        return distances.Select(middle.AddDays)
            .First(x => x.Month == month.Month && x.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday));
    }

    static bool FitsDayOfWeek(string part, DateOnly day)
    {
        var number = (int)day.DayOfWeek;
        if (part.Split('#') is [var named, var nth])
        {
            return Name(named, weekdays, 0) % 7 == number && day.AddDays(-7 * (Parse(nth) - 1)).Month == day.Month
                && day.AddDays(-7 * Parse(nth)).Month != day.Month;
        }
        if (part.EndsWith('L'))
        {
            return Name(part[..^1], weekdays, 0) % 7 == number && day.AddDays(7).Month != day.Month;
        }
        // A range that goes round is walked from its first day on
        var (range, step) = Stepped(part);
        if (range.Split('-') is [var first, var end])
        {
            for (var (at, taken) = (Name(first, weekdays, 0), 0); ; (at, taken) = (at + 1, taken + 1))
            {
                if (taken % step == 0 && at % 7 == number)
                {
                    return true;
                }
                if (at % 7 == Name(end, weekdays, 0) % 7 && (taken > 0 || at == Name(end, weekdays, 0)))
                {
                    return false;
                }
            }
        }
        return Plain(part, number, 0, 6, weekdays) || (number == 0 && range == "7");
    }

    static bool[] Numbers(string field, int count) =>
        [.. Enumerable.Range(0, count).Select(x => Any(field, part => Plain(part, x, 0, count - 1, [])))];

    static bool Any(string field, Func<string, bool> fits) => field.Split(',').Any(fits);

    static bool Plain(string part, int number, int least, int most, string[] names)
    {
        var (range, step) = Stepped(part);
        var (from, to) = range switch
        {
            "*" or "?" => (least, most),
            _ when range.Split('-') is [var first, var last] => (Name(first, names, least), Name(last, names, least)),
            _ => (Name(range, names, least), part.Contains('/', StringComparison.Ordinal) ? most : Name(range, names, least)),
        };
        return number >= from && number <= to && (number - from) % step == 0;
    }

    static (string Range, int Step) Stepped(string part) => part.Split('/') is [var range, var step] ? (range, Parse(step)) : (part, 1);

    static int Name(string text, string[] names, int least) => Array.IndexOf(names, text) is >= 0 and var at ? at + least : Parse(text);

    static int Parse(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
