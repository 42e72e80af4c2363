using JobSystem.Worker.Intake;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class SlotSchedulerTests
{
    readonly FakeTimeProvider time = new();
    readonly List<Ticket> turns = [];
    int arrivals;

    [Fact]
    public void Release_ManyWaiting_GoesByPriorityThenAge()
    {
        var slots = Scheduler(1);
        slots.TryAdd(Ticket(2, 0));
        foreach (var (priority, age) in new (byte, long)[] { (1, 5), (2, 9), (4, 8), (2, 3), (4, 7), (3, 1), (1, 4) })
        {
            slots.TryAdd(Ticket(priority, age));
        }
        for (var i = 0; i < 7; i++)
        {
            slots.Release();
        }
        Assert.Equal([(2, 0), (4, 7), (4, 8), (3, 1), (2, 3), (2, 9), (1, 4), (1, 5)], turns.Select(x => ((int)x.Message.Priority, (int)x.Message.ReadyAt)));
    }

    [Fact]
    public void Offer_FreeSlots_GetInAtOnce()
    {
        var slots = Scheduler(2);
        slots.TryAdd(Ticket(1, 0));
        slots.TryAdd(Ticket(1, 1));
        slots.TryAdd(Ticket(4, 2));
        Assert.Equal((2, 0, 1), (turns.Count, slots.Free, slots.Waiting));
    }

    [Fact]
    public void Starved_NoSlotFree_GrowsUntilOneIs()
    {
        var slots = Scheduler(1);
        slots.TryAdd(Ticket(1, 0));
        Assert.Null(slots.StarvedFor);
        slots.TryAdd(Ticket(1, 1));
        time.Advance(TimeSpan.FromMilliseconds(70));
        Assert.Equal(TimeSpan.FromMilliseconds(70), slots.StarvedFor);
        slots.Release();
        Assert.Null(slots.StarvedFor);
    }

    [Fact]
    public void SetAhead_MoreThenFewer_AssignsPlacesBeyondTheSlotsUntilTheyAreBackToFewer()
    {
        var slots = Scheduler(2);
        for (var i = 0; i < 8; i++)
        {
            slots.TryAdd(Ticket(2, i));
        }
        Assert.Equal((2, 6), (turns.Count, slots.Waiting));
        slots.SetAhead(3);
        Assert.Equal((5, 5, 2, 0), (turns.Count, slots.Places, slots.Slots, slots.Free));
        slots.SetAhead(0);
        slots.Release();
        slots.Release();
        slots.Release();
        Assert.Equal((5, 0), (turns.Count, slots.Free));
        slots.Release();
        Assert.Equal((6, 2), (turns.Count, slots.Waiting));
    }

    [Theory]
    [InlineData(1, 20, 20)]
    [InlineData(20, 20, 1)]
    [InlineData(1000, 20, 0)]
    [InlineData(1, 5000, 100)]
    public void ClaimAhead_AttemptsOfALength_IsWhatEndsDuringAClaim(int milliseconds, int claim, int expected)
    {
        var slots = Scheduler(2);
        var ahead = new ClaimAhead(slots, time);
        for (var i = 0; i < 3000 / milliseconds; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            ahead.AddClaim(TimeSpan.FromMilliseconds(claim));
            ahead.AddEnd();
        }
        Assert.InRange(slots.Places - slots.Slots, expected * 0.8, expected);
        ahead.Check();
        Assert.InRange(slots.Places - slots.Slots, expected * 0.8, expected);
        time.Advance(TimeSpan.FromSeconds(2));
        ahead.Check();
        Assert.Equal(2, slots.Places);
    }

    [Fact]
    public void Close_Waiting_AreReturnedAndNoneMayWait()
    {
        var slots = Scheduler(1);
        slots.TryAdd(Ticket(1, 0));
        slots.TryAdd(Ticket(1, 1));
        Assert.Single(slots.Close());
        Assert.False(slots.TryAdd(Ticket(1, 2)));
        slots.Release();
        Assert.Single(turns);
    }

    [Fact]
    public void Close_SentToThisWorkerAlone_WaitsAndGetsTheNextSlot()
    {
        var slots = Scheduler(1);
        slots.TryAdd(Ticket(1, 0));
        slots.TryAdd(Ticket(1, 1, canReturn: false));
        Assert.Empty(slots.Close());
        Assert.Null(slots.StarvedFor);
        Assert.True(slots.TryAdd(Ticket(1, 2, canReturn: false)));
        slots.Release();
        slots.Release();
        Assert.Equal([0, 1, 2], turns.Select(x => (int)x.Message.ReadyAt));
    }

    [Fact]
    public void Remove_SomeOfThoseThatWait_LeavesTheOthersInOrder()
    {
        var slots = Scheduler(1);
        foreach (var age in new long[] { 0, 4, 2, 3, 1 })
        {
            slots.TryAdd(Ticket(1, age));
        }
        Assert.Equal([2, 4], slots.Remove(x => x.Message.ReadyAt % 2 == 0).Select(x => x.Message.ReadyAt).Order());
        slots.Release();
        slots.Release();
        Assert.Equal([0, 1, 3], turns.Select(x => (int)x.Message.ReadyAt));
    }

    [Fact]
    public void NotifyWhenFree_SoManySlotsAreFree_IsCalled()
    {
        var calls = 0;
        var slots = Scheduler(3);
        slots.OnDemandChanged = () => calls++;
        slots.NotifyWhenFree(2);
        slots.TryAdd(Ticket(1, 0));
        slots.TryAdd(Ticket(1, 1));
        slots.TryAdd(Ticket(1, 2));
        slots.Release();
        Assert.Equal(0, calls);
        slots.Release();
        Assert.Equal(1, calls);
    }

    [Fact]
    public void TryTakePlace_NoneFree_IsRefused()
    {
        var slots = Scheduler(1);
        Assert.True(slots.TryTakePlace());
        Assert.False(slots.TryTakePlace());
        Assert.Equal(0, slots.Free);
    }

    [Fact]
    public void Shut_Offered_WaitForTheBestToCome()
    {
        var slots = Scheduler(1);
        slots.Suspend();
        slots.TryAdd(Ticket(1, 0));
        slots.TryAdd(Ticket(4, 1));
        Assert.Empty(turns);
        slots.Open();
        Assert.Equal(4, turns.Single().Message.Priority);
    }

    [Fact]
    public void OnDemandChanged_FirstWaitingAndFreedWhileClosed_IsCalled()
    {
        var calls = 0;
        var slots = Scheduler(1);
        slots.OnDemandChanged = () => calls++;
        slots.TryAdd(Ticket(1, 0));
        Assert.Equal(0, calls);
        slots.TryAdd(Ticket(1, 1));
        slots.TryAdd(Ticket(1, 2));
        Assert.Equal(1, calls);
        slots.Close();
        slots.Release();
        Assert.Equal(2, calls);
    }

    SlotScheduler Scheduler(int count) => new(count, time) { OnPlaceAssigned = turns.Add };

    Ticket Ticket(byte priority, long readyAt, bool canReturn = true) => new(
        new() { JobId = Guid.CreateVersion7(), Attempt = 1, TaskName = "task", Priority = priority, ReadyAt = readyAt }, "default", arrivals++, canReturn ? new Delivery() : null);

    sealed class Delivery : ITicketDelivery
    {
        public void Acknowledge()
        {
        }

        public void Return()
        {
        }
    }
}
