using System.Globalization;

namespace JobSystem.Scheduler.Tests.Timing.Differential;

/// <summary>
/// Cron expressions of every form that docs/schedules.md names, mostly such that they come true near a given time on the wall.
/// </summary>
sealed class RandomCron(Random random)
{
    static readonly string[] months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    static readonly string[] weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public string Near(DateTime wall, bool seconds)
    {
        var day = wall.AddDays(random.Next(-1, 2));
        var hour = Pick(["*", "*", "*", "0-23", "*/1", "*/2", "1/3", Around(wall.Hour, 24), Around(wall.Hour, 24), $"{Around(wall.Hour, 24)},{random.Next(24)}", Range(24)]);
        string[] fields =
        [
            Pick(["0", "0", "30", "*/15", "*/30", "*", $"{random.Next(60)}", $"0,{random.Next(60)}", Range(60)]),
            hour,
            Pick(["*", "*", "*", "?", "*/2", $"{day.Day}", $"{day.Day},{random.Next(1, 29)}", "1-31", "L", "LW", $"L-{random.Next(1, 8)}", $"{random.Next(1, 29)}W"]),
            Pick(["*", "*", "*", $"{day.Month}", months[day.Month - 1], "*/2", $"{day.Month},{random.Next(1, 13)}", "1-12"]),
            Pick(["*", "*", "*", "?", weekdays[(int)day.DayOfWeek], $"{(int)day.DayOfWeek}", "7", "FRI-MON", "1-5", "5-7", "MON-FRI/2", "*/2", "SAT-TUE/2", $"{weekdays[(int)day.DayOfWeek]}L", $"{(int)day.DayOfWeek}#{((day.Day - 1) / 7) + 1}", "SAT,SUN"]),
        ];
        return string.Join(' ', seconds ? [Pick(["0", "*/20", "30", "59", "1,31", $"{random.Next(60)}"]), .. fields] : fields);
    }

    string Pick(string[] choices) => choices[random.Next(choices.Length)];

    string Around(int number, int count) => ((number + random.Next(-2, 3) + count) % count).ToString(CultureInfo.InvariantCulture);

    string Range(int count)
    {
        var first = random.Next(count - 1);
        return $"{first}-{random.Next(first, count)}{Pick(["", "", "/2", "/7"])}";
    }
}
