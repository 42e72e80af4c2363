using System.Globalization;
using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Tests.Timing;

/// <summary>Daylight saving: gaps and overlaps of zones on both halves of the globe, by half hours too.</summary>
public sealed class ZoneTests
{
    [Theory]
    // Forward: 02:00 → 03:00 on 28 March 2027 in Berlin, 14 March in New York, 3 October in Sydney; 02:00 → 02:30 on Lord Howe;
    // 00:00 → 01:00 on 30 April in Cairo
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T00:30:00Z")]
    [InlineData("Europe/Berlin", "0 2,3 * * *", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T00:00:00Z 2027-03-29T01:00:00Z")]
    [InlineData("Europe/Berlin", "30 * * * *", "2027-03-28T00:00:00Z", "2027-03-28T00:30:00Z 2027-03-28T01:30:00Z 2027-03-28T02:30:00Z")]
    [InlineData("Europe/Berlin", "0 12 * * *", "2027-03-27T12:00:00Z", "2027-03-28T10:00:00Z 2027-03-29T10:00:00Z")]
    [InlineData("America/New_York", "15 2 * * *", "2027-03-13T12:00:00Z", "2027-03-14T07:00:00Z 2027-03-15T06:15:00Z")]
    [InlineData("Australia/Sydney", "0 2 * * *", "2027-10-02T00:00:00Z", "2027-10-02T16:00:00Z 2027-10-03T15:00:00Z")]
    [InlineData("Australia/Lord_Howe", "15 2 * * *", "2027-10-02T00:00:00Z", "2027-10-02T15:30:00Z 2027-10-03T15:15:00Z")]
    [InlineData("Africa/Cairo", "0 0 * * *", "2027-04-28T23:00:00Z", "2027-04-29T22:00:00Z 2027-04-30T21:00:00Z")]
    // Back: 03:00 → 02:00 on 31 October 2027 in Berlin, 02:00 → 01:00 on 7 November in New York, 03:00 → 02:00 on 4 April in
    // Sydney, 02:00 → 01:30 on Lord Howe
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z 2027-11-01T01:30:00Z")]
    [InlineData("Europe/Berlin", "30 * * * *", "2027-10-31T00:00:00Z", "2027-10-31T00:30:00Z 2027-10-31T01:30:00Z 2027-10-31T02:30:00Z")]
    [InlineData("Europe/Berlin", "0 3 * * *", "2027-10-30T12:00:00Z", "2027-10-31T02:00:00Z 2027-11-01T02:00:00Z")]
    [InlineData("Europe/Berlin", "0 2-3 * * *", "2027-10-31T00:30:00Z", "2027-10-31T02:00:00Z 2027-11-01T01:00:00Z")]
    [InlineData("America/New_York", "30 1 * * *", "2027-11-06T12:00:00Z", "2027-11-07T05:30:00Z 2027-11-08T06:30:00Z")]
    [InlineData("America/New_York", "*/30 * * * *", "2027-11-07T05:00:00Z", "2027-11-07T05:30:00Z 2027-11-07T06:00:00Z 2027-11-07T06:30:00Z 2027-11-07T07:00:00Z")]
    [InlineData("Australia/Sydney", "30 2 * * *", "2027-04-03T00:00:00Z", "2027-04-03T15:30:00Z 2027-04-04T16:30:00Z")]
    [InlineData("Australia/Lord_Howe", "45 1 * * *", "2027-04-03T00:00:00Z", "2027-04-03T14:45:00Z 2027-04-04T15:15:00Z")]
    // No daylight saving, odd offsets, leap days and month ends on the local calendar
    [InlineData("Asia/Kathmandu", "0 0 * * *", "2027-01-01T00:00:00Z", "2027-01-01T18:15:00Z 2027-01-02T18:15:00Z")]
    [InlineData("Asia/Tokyo", "0 0 1 * *", "2027-01-15T00:00:00Z", "2027-01-31T15:00:00Z 2027-02-28T15:00:00Z")]
    [InlineData("Pacific/Kiritimati", "0 12 29 2 *", "2027-01-01T00:00:00Z", "2028-02-28T22:00:00Z 2032-02-28T22:00:00Z")]
    [InlineData("America/Los_Angeles", "0 23 L * *", "2028-02-01T00:00:00Z", "2028-02-01T07:00:00Z 2028-03-01T07:00:00Z 2028-04-01T06:00:00Z")]
    public void Next_AroundAChange_IsAsTheRuleSays(string zone, string expression, string after, string expected)
    {
        var cron = CronExpression.Parse(expression, [])!;
        var at = (DateTimeOffset?)DateTimeOffset.Parse(after, CultureInfo.InvariantCulture);
        var times = new List<string>();
        foreach (var _ in expected.Split(' '))
        {
            at = ZonedCron.Next(cron, TimeZoneInfo.FindSystemTimeZoneById(zone), at!.Value);
            times.Add(at!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
        Assert.Equal(expected.Split(' '), times);
    }

    /// <summary>
    /// start_at and the runs from there on: where the last hour of a day comes twice, and at, in the second before, and after a gap.
    /// </summary>
    [Theory]
    [InlineData("America/Santiago", "0 * * * SAT", "2027-04-04T01:00:00Z", "2027-04-04T01:00:00Z 2027-04-04T02:00:00Z 2027-04-04T03:00:00Z 2027-04-10T04:00:00Z")]
    [InlineData("America/Santiago", "0 23 * * SAT", "2027-04-04T01:00:00Z", "2027-04-04T02:00:00Z 2027-04-11T03:00:00Z")]
    [InlineData("Africa/Cairo", "30 * * * THU", "2027-10-28T20:00:00Z", "2027-10-28T20:30:00Z 2027-10-28T21:30:00Z 2027-11-03T22:30:00Z")]
    [InlineData("Asia/Beirut", "*/30 * * * SAT", "2027-10-30T20:30:00Z", "2027-10-30T20:30:00Z 2027-10-30T21:00:00Z 2027-10-30T21:30:00Z 2027-11-05T22:00:00Z")]
    [InlineData("America/Nuuk", "15 * 30 10 *", "2027-10-31T00:00:00Z", "2027-10-31T00:15:00Z 2027-10-31T01:15:00Z 2028-10-30T02:15:00Z")]
    [InlineData("America/Havana", "0 * 7 11 *", "2027-11-07T04:00:00Z", "2027-11-07T04:00:00Z 2027-11-07T05:00:00Z 2027-11-07T06:00:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-03-28T00:59:59.5Z", "2027-03-28T01:00:00Z 2027-03-29T00:30:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-03-28T00:59:59Z", "2027-03-28T01:00:00Z 2027-03-29T00:30:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-03-28T01:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T00:30:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-03-28T01:00:00.000001Z", "2027-03-29T00:30:00Z")]
    [InlineData("Australia/Lord_Howe", "10,20 2 * * *", "2027-10-02T15:30:00Z", "2027-10-02T15:30:00Z 2027-10-03T15:10:00Z")]
    [InlineData("America/Santiago", "0 0 * * SUN", "2027-09-05T04:00:00Z", "2027-09-05T04:00:00Z 2027-09-12T03:00:00Z")]
    [InlineData("Asia/Beirut", "15,45 0 28 3 *", "2027-03-27T22:00:00Z", "2027-03-27T22:00:00Z 2028-03-27T21:15:00Z")]
    [InlineData("Africa/Cairo", "10 30 0 * * FRI", "2027-04-29T22:00:00Z", "2027-04-29T22:00:00Z 2027-05-06T21:30:10Z")]
    public void Next_FromStartAt_LosesNoRun(string zone, string expression, string startAt, string expected)
    {
        var start = DateTimeOffset.Parse(startAt, CultureInfo.InvariantCulture);
        var timetable =
            new ScheduleTiming.Cron(CronExpression.Parse(expression, [])!, TimeZoneInfo.FindSystemTimeZoneById(zone)) { StartAt = start };
        var at = (DateTimeOffset?)start.AddDays(-10);
        var times = new List<string>();
        foreach (var _ in expected.Split(' '))
        {
            at = timetable.Next(at!.Value);
            times.Add(at!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
        Assert.Equal(expected.Split(' '), times);
    }

    [Theory]
    [InlineData("Africa/Juba", "2021-01-31T20:30:00Z", true)]
    [InlineData("Africa/Juba", "2021-01-31T21:30:00Z", true)]
    [InlineData("Africa/Juba", "2021-01-31T22:30:00Z", false)]
    [InlineData("America/Santiago", "2027-04-04T02:00:00Z", true)]
    [InlineData("America/Santiago", "2027-04-04T03:00:00Z", true)]
    [InlineData("America/Santiago", "2027-04-04T01:59:59Z", false)]
    [InlineData("Europe/Dublin", "2027-10-31T00:15:00Z", true)]
    [InlineData("Europe/Dublin", "2027-10-31T02:00:00Z", false)]
    public void Describe_RepeatedTime_SaysSo(string zone, string run, bool twice)
    {
        var note = ClockChanges.Describe(
            TimeZoneInfo.FindSystemTimeZoneById(zone), DateTimeOffset.Parse(run, CultureInfo.InvariantCulture));
        Assert.Equal(twice ? "this time comes twice: the clock is put back" : null, note);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Etc/GMT+5")]
    [InlineData("EST5EDT")]
    [InlineData("Etc/UTC")]
    [InlineData("UTC")]
    [InlineData("utc")]
    public void TryFind_NameOfAZone_FindsIt(string name) => Assert.True(Zones.TryFind(name, out _));

    [Theory]
    [InlineData("localtime")]
    [InlineData("Factory")]
    [InlineData("posixrules")]
    [InlineData("posix/Europe/Berlin")]
    [InlineData("right/Europe/Berlin")]
    [InlineData("right/UTC")]
    [InlineData("/etc/localtime")]
    [InlineData("Europe//Berlin")]
    [InlineData("europe/berlin")]
    [InlineData("Local")]
    [InlineData("")]
    public void TryFind_NoZoneOfIana_IsRefused(string name)
    {
        // A zone that was used before is found by .NET in any spelling
        Assert.True(Zones.TryFind("Europe/Berlin", out _));
        Assert.False(Zones.TryFind(name, out _));
    }

    /// <summary>Each zone, each day of a year with its changes: a daily time comes once a day, and times always ascend.</summary>
    [Theory]
    [InlineData("Europe/London")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("America/St_Johns")]
    [InlineData("Asia/Tehran")]
    [InlineData("Pacific/Auckland")]
    [InlineData("Africa/Casablanca")]
    public void Next_DailyForAYear_ComesOnceADay(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var cron = CronExpression.Parse("30 2 * * *", [])!;
        var at = new DateTimeOffset(2027, 1, 1, 12, 0, 0, TimeSpan.Zero);
        var days = new HashSet<DateOnly>();
        for (var i = 0; i < 365; i++)
        {
            var next = ZonedCron.Next(cron, zone, at)!.Value;
            Assert.True(next > at);
            Assert.True(
                days.Add(DateOnly.FromDateTime((next + zone.GetUtcOffset(next)).UtcDateTime)), $"{next:O} is the second on its day");
            at = next;
        }
    }

    /// <summary>
    /// Also where winter is the exception (Dublin, Casablanca), and where the clock moves by two hours (Troll): a library
    /// that we tried stood still there.
    /// </summary>
    [Theory]
    [InlineData("Europe/Dublin")]
    [InlineData("Africa/Casablanca")]
    [InlineData("Africa/El_Aaiun")]
    [InlineData("America/Nuuk")]
    [InlineData("Antarctica/Troll")]
    [InlineData("Asia/Gaza")]
    public void Next_EveryHour_FollowsRealTime(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var cron = CronExpression.Parse("15 * * * *", [])!;
        var at = new DateTimeOffset(2027, 1, 1, 0, 15, 0, TimeSpan.Zero);
        for (var i = 0; i < 24 * 365; i++)
        {
            var next = ZonedCron.Next(cron, zone, at)!.Value;
            Assert.Equal(at.AddHours(1), next);
            at = next;
        }
    }

    [Fact]
    public void Interval_FollowsRealTime()
    {
        var anchor = new DateTimeOffset(2027, 3, 27, 12, 0, 0, TimeSpan.Zero);
        var each = new ScheduleTiming.Interval(TimeSpan.FromDays(1), anchor);
        Assert.Equal(anchor.AddDays(1), each.Next(anchor));
        Assert.Equal(anchor.AddDays(2), each.Next(anchor.AddDays(1)));
        Assert.Equal(anchor, (each with { StartAt = anchor }).Next(anchor.AddDays(-3)));
        Assert.Null((each with { EndAt = anchor.AddDays(2) }).Next(anchor.AddDays(2)));
    }
}
