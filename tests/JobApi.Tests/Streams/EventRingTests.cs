using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Http.Streams;

namespace JobSystem.JobApi.Tests.Streams;

public sealed class EventRingTests
{
    [Fact]
    public void Read_FromAPosition_InPages()
    {
        var ring = new EventRing(100, 1 << 20);
        var start = ring.End;
        ring.Add(Steps(0, 5));
        Assert.Equal(["job-0", "job-1"], Jobs(ring.Read(start, 2)));
        Assert.Equal(["job-2", "job-3", "job-4"], Jobs(ring.Read(start with { Number = 2 }, 10)));
        Assert.Empty(ring.Read(ring.End, 10).Events);
    }

    [Fact]
    public void Read_WhatIsOverwritten_IsALoss()
    {
        var ring = new EventRing(10, 1 << 20);
        var start = ring.End;
        ring.Add(Steps(0, 10));
        Assert.Equal(10, ring.Read(start, 100).Events.Count);
        ring.Add(Steps(10, 1));
        Assert.Equal(RingLoss.Overwritten, ring.Read(start, 100).Loss);
        Assert.Equal(["job-1", "job-2"], Jobs(ring.Read(start with { Number = 1 }, 2)));
    }

    [Fact]
    public void Add_MoreBytesThanItMayKeep_MakesRoom()
    {
        var ring = new EventRing(1000, 4096);
        var start = ring.End;
        ring.Add(Steps(0, 100));
        Assert.Equal(RingLoss.Overwritten, ring.Read(start, 1).Loss);
        var kept = ring.Read(ring.Read(start, 1).Before, 1000);
        Assert.InRange(kept.Events.Sum(x => x.Data.Length), 3000, 4096);
        Assert.Equal("job-99", Jobs(kept)[^1]);
    }

    [Fact]
    public void Read_AfterAGap_EarlierPositionsLeadNowhere()
    {
        var ring = new EventRing(10, 1 << 20);
        ring.Add(Steps(0, 3));
        var seen = ring.End;
        ring.Break();
        ring.Add(Steps(3, 1));
        var page = ring.Read(seen, 10);
        Assert.Equal(RingLoss.Broken, page.Loss);
        Assert.Equal(["job-3"], Jobs(ring.Read(page.Before, 10)));
    }

    [Fact]
    public async Task Added_CompletesWithTheNextEvent()
    {
        var ring = new EventRing(10, 1 << 20);
        var added = ring.Added;
        Assert.False(added.IsCompleted);
        ring.Add(Steps(0, 1));
        await added.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.False(ring.Added.IsCompleted);
    }

    [Fact]
    public void Position_TextAndBack()
    {
        var position = new RingPosition("abc", 17);
        Assert.Equal(position, RingPosition.Parse(position.ToString()));
        Assert.All((string[])["", "abc", "abc-", "abc-x", "a-b-1", "abc--1"], x => Assert.Null(RingPosition.Parse(x)));
    }

    static List<string?> Jobs(RingPage page) => [.. page.Events.Select(x => JsonElement.Parse(x.Data).GetProperty("job_id").GetString())];

    static IEnumerable<JobEvent> Steps(int first, int count) => Enumerable.Range(first, count).Select(n => new JobEvent
    {
        JobId = $"job-{n}",
        Event = "created",
        At = DateTimeOffset.UnixEpoch,
        Attempt = 0,
        TaskName = "echo",
        QueueName = "default",
        Priority = "normal",
        Owner = "ann",
    });
}
