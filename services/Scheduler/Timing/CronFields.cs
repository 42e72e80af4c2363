using System.Globalization;

namespace JobSystem.Scheduler.Timing;

/// <summary>A field of a cron expression that is a plain set of numbers: lists, ranges, steps and names.</summary>
sealed record CronFields(string Name, int Min, int Max, string[] Words)
{
    public static readonly CronFields Second = new("second", 0, 59, []);
    public static readonly CronFields Minute = new("minute", 0, 59, []);
    public static readonly CronFields Hour = new("hour", 0, 23, []);
    public static readonly CronFields DayOfMonth = new("day of month", 1, 31, []);
    public static readonly CronFields Month =
        new("month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    /// <summary>0 and 7 are Sunday, as in crontab.</summary>
    public static readonly CronFields DayOfWeek = new("day of week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    string Expected => Words.Length == 0 ? $"{Min} to {Max}" : $"{Min} to {Max} or {Words[0]} to {Words[^1]}";

    /// <summary>A bit set of the numbers; null if validation failed.</summary>
    public ulong? Read(string text, List<string> errors)
    {
        var set = 0ul;
        foreach (var part in text.Split(','))
        {
            if (ReadPart(part, errors) is not { } bits)
            {
                return null;
            }
            set |= bits;
        }
        return set;
    }

    public ulong? ReadPart(string part, List<string> errors)
    {
        var pieces = part.Split('/');
        if (pieces.Length > 2 || !TryRange(pieces[0], pieces.Length == 2, out var from, out var to))
        {
            return AddError(part, $"{Expected}, a range or *", errors);
        }
        var step = 1;
        if (pieces.Length == 2
            && (!int.TryParse(pieces[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1 || step > Max))
        {
            return AddError(part, $"a step from 1 to {Max} after '/'", errors);
        }
        if (from > to)
        {
            // Only ranges of weekdays wrap around: FRI-MON
            return this == DayOfWeek
                ? Bits(from, 6, step) | Bits((step - ((7 - from) % step)) % step, to, step)
                : AddError(part, "a range that ascends", errors);
        }
        return Bits(from, to, step);
    }

    public int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= Min && number <= Max ? number
        : Array.FindIndex(Words, x => x.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var at ? at + Words.FirstNumber()
        : null;

    /// <summary>Adds an error and returns null.</summary>
    public ulong? AddError(string got, string expected, List<string> errors)
    {
        errors.Add($"{Name}: expected {expected}; got \"{got}\"");
        return null;
    }

    bool TryRange(string text, bool hasStep, out int from, out int to)
    {
        (from, to) = (Min, this == DayOfWeek ? 6 : Max);
        if (text is "*")
        {
            return true;
        }
        var ends = text.Split('-');
        if (ends.Length > 2 || Number(ends[0]) is not { } first)
        {
            return false;
        }
        from = first;
        if (ends.Length == 1)
        {
            // 5/15: every 15th, beginning with 5
            to = hasStep ? to : first;
            return true;
        }
        if (Number(ends[1]) is not { } last)
        {
            return false;
        }
        to = this == DayOfWeek && last == 0 && first > 0 ? 7 : last;
        return true;
    }

    ulong Bits(int from, int to, int step)
    {
        var bits = 0ul;
        for (var number = from; number <= to; number += step)
        {
            bits |= 1ul << (this == DayOfWeek ? number % 7 : number);
        }
        return bits;
    }
}

/// <summary>Names of months and weekdays.</summary>
static class CronWords
{
    /// <summary>Months are counted from 1, days of the week from 0.</summary>
    public static int FirstNumber(this string[] words) => words.Length == 12 ? 1 : 0;
}
