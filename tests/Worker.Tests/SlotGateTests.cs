using JobSystem.Worker.Running;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class SlotGateTests
{
    readonly FakeTimeProvider time = new();
    readonly List<Ticket> turns = [];
    int arrivals;

    [Fact]
    public void Release_ManyWaiting_GoesByPriorityThenAge()
    {
        var gate = Gate(1);
        gate.Offer(Ticket(2, 0));
        foreach (var (priority, age) in new (byte, long)[] { (1, 5), (2, 9), (4, 8), (2, 3), (4, 7), (3, 1), (1, 4) })
        {
            gate.Offer(Ticket(priority, age));
        }
        for (var i = 0; i < 7; i++)
        {
            gate.Release();
        }
        Assert.Equal([(2, 0), (4, 7), (4, 8), (3, 1), (2, 3), (2, 9), (1, 4), (1, 5)], turns.Select(x => ((int)x.Message.Priority, (int)x.Message.ReadyAt)));
    }

    [Fact]
    public void Offer_FreeSlots_GetInAtOnce()
    {
        var gate = Gate(2);
        gate.Offer(Ticket(1, 0));
        gate.Offer(Ticket(1, 1));
        gate.Offer(Ticket(4, 2));
        Assert.Equal((2, 0, 1), (turns.Count, gate.Free, gate.Waiting));
    }

    [Fact]
    public void Starved_NoSlotFree_GrowsUntilOneIs()
    {
        var gate = Gate(1);
        gate.Offer(Ticket(1, 0));
        Assert.Null(gate.Starved);
        gate.Offer(Ticket(1, 1));
        time.Advance(TimeSpan.FromMilliseconds(70));
        Assert.Equal(TimeSpan.FromMilliseconds(70), gate.Starved);
        gate.Release();
        Assert.Null(gate.Starved);
    }

    [Fact]
    public void Close_Waiting_AreTurnedAwayAndNobodyMayWait()
    {
        var gate = Gate(1);
        gate.Offer(Ticket(1, 0));
        gate.Offer(Ticket(1, 1));
        Assert.Single(gate.Close());
        Assert.False(gate.Offer(Ticket(1, 2)));
        gate.Release();
        Assert.Single(turns);
    }

    [Fact]
    public void Shut_Offered_WaitForTheBestToCome()
    {
        var gate = Gate(1);
        gate.Shut();
        gate.Offer(Ticket(1, 0));
        gate.Offer(Ticket(4, 1));
        Assert.Empty(turns);
        gate.Open();
        Assert.Equal(4, turns.Single().Message.Priority);
    }

    [Fact]
    public void OnPressure_FirstWaitingAndFreedWhileClosed_AreTold()
    {
        var told = 0;
        var gate = Gate(1);
        gate.OnPressure = () => told++;
        gate.Offer(Ticket(1, 0));
        Assert.Equal(0, told);
        gate.Offer(Ticket(1, 1));
        gate.Offer(Ticket(1, 2));
        Assert.Equal(1, told);
        gate.Close();
        gate.Release();
        Assert.Equal(2, told);
    }

    SlotGate Gate(int slots) => new(slots, time) { OnTurn = turns.Add };

    Ticket Ticket(byte priority, long readyAt) =>
        new(new() { JobId = Guid.CreateVersion7(), Attempt = 1, TaskName = "task", Priority = priority, ReadyAt = readyAt }, arrivals++, canReturn: true);
}
