using JobSystem.Scheduler.Timing;
using Xunit.Abstractions;

namespace JobSystem.Scheduler.Tests.Timing.Differential;

/// <summary>Random expressions in many zones, most of them searched near a change of the clock, against <see cref="SlowCron"/>.</summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    const int Cases = 5000;
    const double NearChanges = 0.7;

    /// <summary>The most runs of a case that are compared.</summary>
    const int MostRuns = 300;

    /// <summary>
    /// Hours, half hours and a whole day; at midnight and at the ends of days; twice a year, once, for Ramadan, and never.
    /// </summary>
    static readonly string[] zones =
    [
        "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Chisinau", "Europe/Istanbul", "Europe/Simferopol", "Europe/Volgograd", "Atlantic/Azores", "America/New_York",
        "America/Los_Angeles", "America/St_Johns", "America/Havana", "America/Santiago", "America/Punta_Arenas", "America/Asuncion", "America/Sao_Paulo", "America/Caracas",
        "America/Nuuk", "America/Scoresbysund", "America/Mexico_City", "America/Port-au-Prince", "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Juba", "Asia/Beirut",
        "Asia/Gaza", "Asia/Hebron", "Asia/Jerusalem", "Asia/Amman", "Asia/Damascus", "Asia/Tehran", "Asia/Pyongyang", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tokyo",
        "Australia/Lord_Howe", "Australia/Sydney", "Australia/Adelaide", "Australia/Eucla", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Norfolk", "Pacific/Easter",
        "Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kiritimati", "Antarctica/Troll", "UTC",
    ];

    static readonly DateTime first = new(2008, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    static readonly DateTime last = new(2036, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Theory]
    [InlineData(20270328)]
    [InlineData(null)]
    public void Next_RandomCases_AgreesWithWalkingThroughTime(int? fixedSeed)
    {
        var seed = fixedSeed ?? Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var places = zones.Select(name => new Place(name, Changes(TimeZoneInfo.FindSystemTimeZoneById(name)))).ToList();
        var (failures, compared) = (new List<string>(), 0);
        for (var i = 0; i < Cases; i++)
        {
            var (fault, runs) = Compare(random, places[random.Next(places.Count)]);
            compared += runs;
            if (fault is not null)
            {
                failures.Add(fault);
            }
        }
        output.WriteLine($"{compared} runs compared");
        Assert.True(failures.Count == 0, $"{failures.Count} of {Cases} cases differ, seed {seed}:\n{string.Join('\n', failures.Take(20))}");
        Assert.True(compared > 10 * Cases, $"only {compared} runs were compared");
    }

    static (string? Fault, int Runs) Compare(Random random, Place place)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(place.Name);
        var near = place.Changes.Count > 0 && random.NextDouble() < NearChanges;
        var start = near
            ? Near(random, place.Changes[random.Next(place.Changes.Count)])
            : first.AddSeconds(random.NextInt64((long)(last - first).TotalSeconds));
        var seconds = random.Next(4) == 0;
        var text = new RandomCron(random).Near(start + zone.GetUtcOffset(start), seconds);
        var errors = new List<string>();
        if (CronExpression.Parse(text, errors) is not { } cron)
        {
            return ($"{text}: {string.Join(", ", errors)}", 0);
        }
        var span = seconds ? TimeSpan.FromHours(random.Next(3, 12)) : near ? TimeSpan.FromHours(random.Next(10, 60)) : TimeSpan.FromDays(
            random.Next(1, 15));
        var slow = new SlowCron(text);
        // The walk begins on a whole minute before the start
        var minute = start.AddTicks(-(start.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(-1);
        var expected = slow.Runs(zone, minute, start + span).Where(x => x >= start).Take(MostRuns).ToList();
        var until = expected.Count == MostRuns ? expected[^1] : start + span;
        var timing = new ScheduleTiming.Cron(cron, zone) { StartAt = start };
        var got = new List<DateTime>();
        for (var run = timing.Next(start.AddSeconds(-random.Next(1, 100_000))); run?.UtcDateTime <= until; run = timing.Next(run.Value))
        {
            got.Add(run.Value.UtcDateTime);
        }
        var difference = expected.Except(got).Concat(got.Except(expected)).Order().Select(x => (DateTime?)x).FirstOrDefault();
        return (difference is { } at ? $"{text} in {place.Name} from {start:O}: {(got.Contains(at) ? "only the service" : "only the walk")} has {at:O}" : null, expected.Count);
    }

    /// <summary>Before, at and after a change, to the second, and within a second.</summary>
    static DateTime Near(Random random, DateTime change) => random.Next(10) switch
    {
        0 => change,
        1 => change.AddSeconds(-1),
        2 => change.AddSeconds(1),
        3 => change.AddTicks(random.NextInt64(-2 * TimeSpan.TicksPerSecond, 2 * TimeSpan.TicksPerSecond)),
        4 => change.AddMinutes(random.Next(-90, 90)),
        5 => change.AddHours(random.Next(-4, 4)),
        6 => change.AddSeconds(random.Next(-7200, 7200)),
        7 => change.AddHours(-24),
        _ => change.AddMinutes(-random.Next(36 * 60)),
    };

    static List<DateTime> Changes(TimeZoneInfo zone)
    {
        var changes = new List<DateTime>();
        for (var at = first; at < last; at += TimeSpan.FromHours(12))
        {
            var offset = zone.GetUtcOffset(at);
            for (var minute = at; zone.GetUtcOffset(at.AddHours(12)) != offset; minute = minute.AddMinutes(1))
            {
                if (zone.GetUtcOffset(minute) != offset)
                {
                    changes.Add(minute);
                    break;
                }
            }
        }
        return changes;
    }

    sealed record Place(string Name, List<DateTime> Changes);
}
