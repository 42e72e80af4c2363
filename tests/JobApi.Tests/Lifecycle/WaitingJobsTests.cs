using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.JobApi.Tests.Lifecycle;

public sealed class WaitingJobsTests
{
    static readonly QueuedTask echo = new("default", "echo", null);
    static readonly WaitingLevel normal = new(echo, 2);
    readonly FakeTimeProvider time = new();
    readonly WaitingJobs waiting;
    int signals;

    public WaitingJobsTests() => waiting = new(time) { OnAdded = () => signals++ };

    [Fact]
    public void Add_EarlierAndLater_IsFoundFromTheEarliest()
    {
        waiting.Add(normal, At(5));
        waiting.Add(normal, At(3));
        waiting.Add(normal, At(9));

        Assert.Equal([(normal, At(3))], Find());
        Assert.Empty(waiting.Find(x => x.TaskName == "other"));
        Assert.Equal(3, signals);
    }

    [Fact]
    public void Advance_WhatWasAddedMeanwhile_Stays()
    {
        waiting.Add(normal, At(3));
        Find();
        waiting.Add(normal, At(4));

        waiting.Advance(normal, At(3), At(8), foundAny: true);
        Assert.Equal([(normal, At(4))], Find());
        waiting.Advance(normal, At(4), At(8), foundAny: true);
        Assert.Equal([(normal, At(8))], Find());
        waiting.Add(normal, At(9));
        waiting.Advance(normal, At(8), to: null, foundAny: true);
        Assert.Equal([(normal, At(9))], Find());
    }

    [Fact]
    public void LookAgain_WhatAClaimHasPassed_IsReadOnceMore()
    {
        waiting.Add(normal, At(3));
        Find();
        waiting.Advance(normal, At(3), At(5), foundAny: true);
        Find();
        waiting.Advance(normal, At(5), to: null, foundAny: true);
        waiting.LookAgain();
        // What has just been passed may still be locked
        Assert.Empty(Find());
        Assert.True(waiting.HasPassed);

        waiting.LookAgain();

        Assert.Equal([(normal, At(3))], Find());
        waiting.Advance(normal, At(3), to: null, foundAny: false);
        Assert.False(waiting.HasPassed);
        Assert.Empty(Find());
    }

    [Fact]
    public void LookAgain_WhatItFinds_IsReadOnceMoreToo()
    {
        waiting.Add(normal, At(3));
        Find();
        waiting.Advance(normal, At(3), to: null, foundAny: true);
        waiting.LookAgain();
        waiting.LookAgain();
        Find();

        waiting.Advance(normal, At(3), to: null, foundAny: true);

        Assert.True(waiting.HasPassed);
    }

    [Fact]
    public void AddAll_OfAWholeLook_IsReadOnce()
    {
        waiting.AddAll([echo]);
        Assert.Equal(4, Find().Count);
        foreach (var (level, from) in Find())
        {
            waiting.Advance(level, from, to: null, foundAny: false);
        }
        Assert.False(waiting.HasPassed);
        Assert.Empty(Find());
    }

    [Fact]
    public void Advance_ABusyLevel_LeavesTheOthersOfAWholeLookAtOneLook()
    {
        var quiet = new QueuedTask("quiet", "echo", null);
        waiting.AddAll([echo, quiet]);
        ClaimedJobs claimed = new([Reserved(At(3))], [], IsFull: false);

        waiting.Advance(Find(), claimed, isAll: true);
        Assert.Empty(Find());
        waiting.LookAgain();
        waiting.LookAgain();

        Assert.Equal([(normal, DateTimeOffset.UnixEpoch)], Find());
    }

    [Fact]
    public void Advance_MoreWaits_KeepsWhatIsNotBeforeTheLastJob()
    {
        WaitingLevel high = new(echo, 3), low = new(echo, 1), paused = new(new("paused", "echo", null), 3);
        (WaitingLevel, DateTimeOffset)[] levels = [(high, At(1)), (normal, At(2)), (low, At(1)), (paused, At(1))];
        foreach (var (level, from) in levels)
        {
            waiting.Add(level, from);
        }
        ClaimedJobs claimed = new([Reserved(At(5))], ["paused"], IsFull: false);

        waiting.Advance(Find(), claimed, isAll: false);

        Assert.Equal([(low, At(1)), (normal, At(5)), (paused, At(1))], Find().OrderBy(x => x.Level.Priority).ThenBy(x => x.From));
    }

    [Fact]
    public void Full_UntilAnAttemptEndsOrTimePasses()
    {
        waiting.SetFull("narrow");
        Assert.True(waiting.IsFull("narrow"));
        Assert.False(waiting.IsFull("other"));
        waiting.NotifyFreed("other");
        Assert.Equal(0, signals);
        waiting.NotifyFreed("narrow");
        Assert.Equal(1, signals);
        Assert.False(waiting.IsFull("narrow"));
        waiting.SetFull("narrow");
        time.Advance(WaitingJobs.FullFor);
        Assert.False(waiting.IsFull("narrow"));
    }

    [Fact]
    public void News_AreWhatThisInstanceAdded_Once()
    {
        waiting.Add(normal, At(3));
        waiting.AddPinned("w1", Guid.Empty, "mails");
        waiting.AddFromPeer(new()
        {
            InstanceId = Guid.CreateVersion7(),
            Levels = [new() { QueueName = "theirs", TaskName = "echo", Priority = 1, ReadyAt = At(1) }],
            Pinned = [new() { JobId = Guid.AllBitsSet, QueueName = "theirs", WorkerId = "w2" }],
        });

        var (levels, pinned) = waiting.TakeNews(10);

        Assert.Equivalent(new { QueueName = "default", TaskName = "echo", Priority = (byte)2, ReadyAt = At(3) }, Assert.Single(levels));
        Assert.Equivalent(new { JobId = Guid.Empty, QueueName = "mails", WorkerId = "w1" }, Assert.Single(pinned));
        Assert.Equal((0, 0), Counts());
        Assert.Equal((Guid.AllBitsSet, "theirs"), Assert.Single(waiting.FindPinned("w2")));
        waiting.MarkAllAsNews();
        Assert.Equal((2, 2), Counts());

        (int, int) Counts()
        {
            var news = waiting.TakeNews(10);
            return (news.Levels.Count, news.Pinned.Count);
        }
    }

    List<(WaitingLevel Level, DateTimeOffset From)> Find() => waiting.Find(_ => true);

    static JobState Reserved(DateTimeOffset readyAt) => new() { TaskName = "echo", QueueName = "default", Priority = 2, ReadyAt = readyAt, Owner = "tester" };

    static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
}
