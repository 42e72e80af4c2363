using JobSystem.Contracts;
using JobSystem.Worker.Reporting;

namespace JobSystem.Worker.Intake;

/// <summary>
/// The broker's delivery of a ticket. It can be settled once; after its channel has closed, settling has no effect
/// because the broker has requeued it.
/// </summary>
interface ITicketDelivery
{
    /// <summary>Acknowledges the ticket after the claim was granted or denied.</summary>
    void Acknowledge();

    /// <summary>Requeues the ticket for any worker.</summary>
    void Return();
}

/// <summary>A ticket that was delivered to this worker.</summary>
/// <param name="message">The content of the ticket.</param>
/// <param name="queueName">The job's queue; empty for a ticket that was sent to this worker alone.</param>
/// <param name="arrival">Sequence number of the delivery.</param>
/// <param name="delivery">Null for a ticket that cannot be returned: on the in-memory transport, or sent to this worker alone.</param>
sealed class Ticket(RunAttempt message, string queueName, long arrival, ITicketDelivery? delivery) : IComparable<Ticket>
{
    ITicketDelivery? delivery = delivery;

    public AttemptKey Key { get; } = new(message.JobId, message.Attempt);

    public RunAttempt Message => message;

    public string QueueName => queueName;

    /// <summary>True if the ticket can be returned to the broker for another worker.</summary>
    public bool CanReturn { get; } = delivery is not null;

    /// <summary>Timestamp of the first claim; 0 while the ticket waits for a slot.</summary>
    public long FirstClaimedAt { get; set; }

    public long LastClaimedAt { get; set; }

    /// <summary>True if the claim has had no response for so long that its slot is lent to other tickets.</summary>
    public bool SlotIsLent { get; set; }

    /// <summary>A cancel request that arrived before the grant.</summary>
    public AttemptControl? Cancel { get; set; }

    /// <summary>
    /// True if the ticket was delivered again after the claim was sent. The newer delivery may be of a later ticket for the same attempt,
    /// whose job was held back meanwhile; a denied claim may be about the older one.
    /// </summary>
    public bool IsRedelivered { get; private set; }

    /// <summary>Replaces the delivery with a newer one of the same ticket. The caller holds the lock of the open tickets.</summary>
    public void Replace(ITicketDelivery? newer)
    {
        delivery?.Acknowledge();
        delivery = newer;
        IsRedelivered = FirstClaimedAt != 0;
    }

    public ITicketDelivery? Delivery => delivery;

    public void Acknowledge() => delivery?.Acknowledge();

    public void Return() => delivery?.Return();

    /// <summary>Orders by priority, then age, then arrival, because jobs of one submission have the same age.</summary>
    public int CompareTo(Ticket? other)
    {
        var order = other!.Priority.CompareTo(Priority);
        order = order != 0 ? order : ReadyAt.CompareTo(other.ReadyAt);
        return order != 0 ? order : Arrival.CompareTo(other.Arrival);
    }

    byte Priority => message.Priority;
    long ReadyAt => message.ReadyAt;
    long Arrival => arrival;
}
