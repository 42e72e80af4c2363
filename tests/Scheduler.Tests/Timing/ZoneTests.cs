using System.Globalization;
using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Tests.Timing;

/// <summary>Daylight saving: gaps and overlaps of zones on both halves of the globe, by half hours too.</summary>
public sealed class ZoneTests
{
    [Theory]
    // Forward: 02:00 → 03:00 on 28 March 2027 in Berlin, 14 March in New York, 3 October in Sydney; 02:00 → 02:30 on Lord Howe; 00:00 → 01:00 on 25 April in Beirut's like Cairo (30 April)
    [InlineData("Europe/Berlin", "30 2 * * *", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T00:30:00Z")]
    [InlineData("Europe/Berlin", "0 2,3 * * *", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T00:00:00Z 2027-03-29T01:00:00Z")]
    [InlineData("Europe/Berlin", "30 * * * *", "2027-03-28T00:00:00Z", "2027-03-28T00:30:00Z 2027-03-28T01:30:00Z 2027-03-28T02:30:00Z")]
    [InlineData("Europe/Berlin", "0 12 * * *", "2027-03-27T12:00:00Z", "2027-03-28T10:00:00Z 2027-03-29T10:00:00Z")]
    [InlineData("America/New_York", "15 2 * * *", "2027-03-13T12:00:00Z", "2027-03-14T07:00:00Z 2027-03-15T06:15:00Z")]
    [InlineData("Australia/Sydney", "0 2 * * *", "2027-10-02T00:00:00Z", "2027-10-02T16:00:00Z 2027-10-03T15:00:00Z")]
    [InlineData("Australia/Lord_Howe", "15 2 * * *", "2027-10-02T00:00:00Z", "2027-10-02T15:30:00Z 2027-10-03T15:15:00Z")]
    [InlineData("Africa/Cairo", "0 0 * * *", "2027-04-28T23:00:00Z", "2027-04-29T22:00:00Z 2027-04-30T21:00:00Z")]
    // Back: 03:00 → 02:00 on 31 October 2027 in Berlin, 02:00 → 01:00 on 7 November in New York, 03:00 → 02:00 on 4 April in Sydney, 02:00 → 01:30 on Lord Howe
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
            Assert.True(days.Add(DateOnly.FromDateTime((next + zone.GetUtcOffset(next)).UtcDateTime)), $"{next:O} is the second on its day");
            at = next;
        }
    }

    /// <summary>Also where winter is the exception (Dublin, Casablanca), and where the clock moves by two hours (Troll): a library that we tried stood still there.</summary>
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
        var each = new Timetable.Interval(TimeSpan.FromDays(1), anchor);
        Assert.Equal(anchor.AddDays(1), each.Next(anchor));
        Assert.Equal(anchor.AddDays(2), each.Next(anchor.AddDays(1)));
        Assert.Equal(anchor, (each with { StartAt = anchor }).Next(anchor.AddDays(-3)));
        Assert.Null((each with { EndAt = anchor.AddDays(2) }).Next(anchor.AddDays(2)));
    }
}
