using JobSystem.Worker.Intake;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class SentRequestsTests
{
    static readonly TimeSpan age = TimeSpan.FromSeconds(2);
    readonly FakeTimeProvider time = new();
    readonly SentRequests sent;

    public SentRequestsTests() => sent = new(time);

    [Fact]
    public void Subtract_InParts_ClosesAtTheLast()
    {
        var id = sent.Add(5);
        sent.Subtract(id, 2);
        Assert.Equal(3, sent.Outstanding);
        sent.Subtract(id, 3);
        Assert.Equal((0, null), (sent.Outstanding, sent.UntilDue(age)));
    }

    [Fact]
    public void Subtract_MoreThanWasRequested_LeavesTheOthersAlone()
    {
        var id = sent.Add(2);
        sent.Add(3);
        sent.Subtract(id, 4);
        sent.Subtract(Guid.CreateVersion7(), 1);
        Assert.Equal(3, sent.Outstanding);
    }

    [Fact]
    public void CloseDue_SeveralAtAboutTheSameTime_AreClosedTogether()
    {
        sent.Add(1);
        var largest = sent.Add(4);
        time.Advance(TimeSpan.FromSeconds(0.4));
        sent.Add(2);
        time.Advance(TimeSpan.FromSeconds(1));
        var later = sent.Add(7);
        Assert.Null(sent.CloseDue(age));
        Assert.Equal(TimeSpan.FromSeconds(0.6), sent.UntilDue(age));
        time.Advance(TimeSpan.FromSeconds(0.6));
        Assert.Equal(largest, sent.CloseDue(age));
        Assert.Equal((7, TimeSpan.FromSeconds(1.4)), (sent.Outstanding, sent.UntilDue(age)));
        sent.MakeDue();
        Assert.Equal(later, sent.CloseDue(age));
    }

    [Fact]
    public void FindSentAt_Closed_IsKnownForAMinute()
    {
        var at = time.GetTimestamp();
        var id = sent.Add(1);
        sent.Subtract(id, 1);
        time.Advance(TimeSpan.FromSeconds(59));
        sent.Add(1);
        Assert.Equal(at, sent.FindSentAt(id));
        time.Advance(TimeSpan.FromSeconds(2));
        sent.Add(1);
        Assert.Null(sent.FindSentAt(id));
    }

    [Fact]
    public void FindSentAt_AfterManyRequests_IsForgotten()
    {
        var first = sent.Add(1);
        var last = first;
        for (var i = 0; i < 20_000; i++)
        {
            sent.Subtract(last, 1);
            last = sent.Add(1);
        }
        Assert.Null(sent.FindSentAt(first));
        Assert.NotNull(sent.FindSentAt(last));
    }
}
