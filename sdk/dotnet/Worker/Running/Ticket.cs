using JobSystem.Contracts;

namespace JobSystem.Worker.Running;

/// <summary>The broker's delivery of a ticket. It is settled once; what is said after its channel has closed has no effect, as the broker has taken it back.</summary>
interface ITicketDelivery
{
    /// <summary>The attempt was granted or denied: the broker may forget the ticket.</summary>
    void Acknowledge();

    /// <summary>The broker gives the ticket to any worker again.</summary>
    void Return();
}

/// <summary>One ready job that was handed to this worker.</summary>
/// <param name="message">What the broker delivered.</param>
/// <param name="queueName">The job's queue; empty for a ticket that came to this worker alone.</param>
/// <param name="arrival">Number of its arrival here.</param>
/// <param name="delivery">Null on a transport that does not take tickets back, and for a ticket that came to this worker alone.</param>
sealed class Ticket(RunAttempt message, string queueName, long arrival, ITicketDelivery? delivery) : IComparable<Ticket>
{
    ITicketDelivery? delivery = delivery;

    public AttemptKey Key { get; } = new(message.JobId, message.Attempt);

    public RunAttempt Message => message;

    public string QueueName => queueName;

    /// <summary>The broker takes it back, and another worker may have it.</summary>
    public bool CanReturn { get; } = delivery is not null;

    /// <summary>When it got its slot and was claimed; 0 while it waits.</summary>
    public long FirstClaimedAt { get; set; }

    public long LastClaimedAt { get; set; }

    /// <summary>Its claim has not been answered for so long that others may use its slot.</summary>
    public bool SlotIsLent { get; set; }

    /// <summary>A cancel request overtook the grant.</summary>
    public AttemptControl? Cancel { get; set; }

    /// <summary>
    /// Another delivery came after the claim was sent. It may be of a later ticket for the same attempt, whose job was held back meanwhile: a refusal need not be about it.
    /// </summary>
    public bool CameAgain { get; private set; }

    /// <summary>Another delivery of the same ticket takes over. The caller holds the lock that guards the open tickets.</summary>
    public void Replace(ITicketDelivery? newer)
    {
        delivery?.Acknowledge();
        delivery = newer;
        CameAgain = FirstClaimedAt != 0;
    }

    public ITicketDelivery? Delivery => delivery;

    public void Acknowledge() => delivery?.Acknowledge();

    public void Return() => delivery?.Return();

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
}
