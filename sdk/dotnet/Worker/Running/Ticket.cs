using JobSystem.Contracts;

namespace JobSystem.Worker.Running;

/// <summary>What becomes of a ticket's delivery.</summary>
enum TicketFate
{
    /// <summary>Acknowledge it: the attempt was granted, denied or declined.</summary>
    Done,

    /// <summary>Leave it as it is: its channel is about to close, and the broker then gives it to somebody else.</summary>
    Leave,

    /// <summary>Give it back to the broker now.</summary>
    Return,
}

/// <summary>One ready job that the broker has handed to this worker.</summary>
sealed class Ticket(RunAttempt message, long arrival, bool canReturn) : IComparable<Ticket>
{
    TaskCompletionSource<TicketFate> delivery = NewDelivery();

    public AttemptKey Key { get; } = new(message.JobId, message.Attempt);

    public RunAttempt Message => message;

    /// <summary>A delivery that is given back comes again.</summary>
    public bool CanReturn => canReturn;

    /// <summary>What becomes of the delivery that carries the ticket now.</summary>
    public Task<TicketFate> Fate => delivery.Task;

    /// <summary>When it got its slot and was claimed; 0 while it waits.</summary>
    public long FirstClaimedAt { get; set; }

    public long LastClaimedAt { get; set; }

    /// <summary>A cancel request overtook the grant.</summary>
    public AttemptControl? Cancel { get; set; }

    /// <summary>Another delivery of the same ticket takes over. The caller holds the lock that guards the open tickets.</summary>
    public Task<TicketFate> Rejoin()
    {
        delivery.TrySetResult(TicketFate.Done);
        delivery = NewDelivery();
        return delivery.Task;
    }

    public void Settle(TicketFate fate) => delivery.TrySetResult(fate);

    /// <summary>Priority, then age, then arrival: jobs of one submission are equally old.</summary>
    public int CompareTo(Ticket? other)
    {
        var order = other!.Priority.CompareTo(Priority);
        order = order != 0 ? order : ReadyAt.CompareTo(other.ReadyAt);
        return order != 0 ? order : Arrival.CompareTo(other.Arrival);
    }

    byte Priority => message.Priority;
    long ReadyAt => message.ReadyAt;
    long Arrival => arrival;

    static TaskCompletionSource<TicketFate> NewDelivery() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
