using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Intake;

/// <summary>Manages the tickets of this worker from their delivery until their claim is granted or denied.</summary>
sealed partial class Claims
{
    static readonly TimeSpan repeatAfter = TimeSpan.FromSeconds(2);
    static readonly TimeSpan lendSlotAfter = TimeSpan.FromSeconds(3);

    /// <summary>Time without a response after which a ticket is returned to the broker.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    readonly Lock sync = new();
    readonly Dictionary<AttemptKey, Ticket> open = [];
    readonly TaskCatalog catalog;
    readonly Attempts attempts;
    readonly SlotScheduler slots;
    readonly ClaimAhead ahead;
    readonly ReportSender reports;
    readonly ClaimSender sender;
    readonly TimeProvider time;
    readonly ILogger<Claims> logger;
    HashSet<string> unanswered = [];
    TaskCompletionSource? closed;
    int lent;
    bool closing;
    long arrivals;

    public Claims(
        TaskCatalog catalog, Attempts attempts, SlotScheduler slots, ClaimAhead ahead, ReportSender reports, ClaimSender sender,
        TimeProvider time, ILogger<Claims> logger)
    {
        (this.catalog, this.attempts, this.slots, this.ahead, this.reports, this.sender, this.time, this.logger) =
            (catalog, attempts, slots, ahead, reports, sender, time, logger);
        slots.OnPlaceAssigned = Claim;
        attempts.OnEnd = OnAttemptEnded;
        attempts.OnOverdue = ahead.Reset;
    }

    /// <summary>Called when <see cref="Unanswered"/> has changed, without holding a lock.</summary>
    public Action? OnUnansweredChanged { get; set; }

    /// <summary>
    /// Queues whose claims have had no response for a while. No further tickets are taken from them, to keep slots for other queues.
    /// </summary>
    public IReadOnlySet<string> Unanswered
    {
        get { lock (sync) { return unanswered; } }
    }

    /// <summary>True once the worker stops; new grants are released.</summary>
    public bool IsClosing
    {
        get { lock (sync) { return closing; } }
    }

    /// <summary>Number of claims without a response.</summary>
    public int UnansweredCount
    {
        get { lock (sync) { return open.Values.Count(x => x.FirstClaimedAt != 0); } }
    }

    /// <summary>Takes in a delivered ticket: it waits for a slot, and is claimed then.</summary>
    /// <param name="message">The content of the ticket.</param>
    /// <param name="queueName">The job's queue; empty for a ticket that was sent to this worker alone.</param>
    /// <param name="delivery">Null for a ticket that cannot be returned to the broker.</param>
    public void Add(RunAttempt message, string queueName, ITicketDelivery? delivery)
    {
        var key = new AttemptKey(message.JobId, message.Attempt);
        if (catalog.Find(message.TaskName, message.Version) is null)
        {
            // Not from a broker queue that this worker consumes: moved by an administrator, or sent directly to this worker
            reports.Enqueue(FinalReport.Create(key, time.GetUtcNow(), AttemptStep.Declined));
            delivery?.Acknowledge();
            return;
        }
        var ticket = new Ticket(message, queueName, Interlocked.Increment(ref arrivals), delivery);
        lock (sync)
        {
            if (closing || (delivery is not null && unanswered.Contains(queueName)))
            {
                delivery?.Return();
                return;
            }
            if (attempts.Contains(key))
            {
                delivery?.Acknowledge();
                return;
            }
            if (open.TryGetValue(key, out var known))
            {
                // Redelivered after a reconnect, or sent twice. The older delivery may be invalid, so the newer one replaces it
                known.Replace(delivery);
                return;
            }
            open[key] = ticket;
        }
        if (!slots.TryAdd(ticket))
        {
            Return(ticket);
        }
    }

    /// <summary>
    /// Starts the attempt of a grant. If its claim no longer exists or its slot is in use, the attempt is released, and never starts here: JobApi
    /// may answer a repeated claim of the same attempt with another grant before it has read the release.
    /// </summary>
    public void Start(GrantedAttempt grant)
    {
        var key = new AttemptKey(grant.JobId, grant.Attempt);
        Ticket? ticket;
        bool hasClaim, starts;
        lock (sync)
        {
            hasClaim = open.TryGetValue(key, out ticket) && ticket.FirstClaimedAt != 0;
            var isKnown = attempts.Contains(key);
            starts = hasClaim && !isKnown && !closing && (!ticket!.SlotIsLent || slots.TryTakePlace());
            if (starts)
            {
                // Before the ticket is closed, so that a duplicate is always found here or among the attempts
                attempts.Add(grant, (ticket!.Message.Priority, ticket.Message.ReadyAt), ticket.FirstClaimedAt, ticket.Cancel);
            }
            else if (!isKnown)
            {
                attempts.Release(key);
            }
            if (hasClaim)
            {
                Remove(ticket!);
            }
        }
        if (hasClaim)
        {
            CloseTicket(ticket!, starts);
        }
    }

    void CloseTicket(Ticket ticket, bool starts)
    {
        ticket.Acknowledge();
        ahead.AddClaim(time.GetElapsedTime(ticket.FirstClaimedAt));
        if (!starts && !ticket.SlotIsLent)
        {
            slots.Release();
        }
        NotifyUnansweredChanged();
    }

    /// <summary>Closes the ticket of a claim that was denied.</summary>
    public void Deny(AttemptKey key)
    {
        Ticket? ticket;
        lock (sync)
        {
            if (!open.TryGetValue(key, out ticket) || ticket.FirstClaimedAt == 0)
            {
                return;
            }
            Remove(ticket);
        }
        if (!ticket.IsRedelivered)
        {
            ticket.Acknowledge();
        }
        if (!ticket.SlotIsLent)
        {
            slots.Release();
        }
        NotifyUnansweredChanged();
        if (ticket.IsRedelivered)
        {
            Add(ticket.Message, ticket.QueueName, ticket.Delivery);
        }
    }

    /// <summary>Keeps a cancel request for the attempt of a claim that has had no response yet.</summary>
    public void Cancel(AttemptControl item)
    {
        lock (sync)
        {
            if (open.TryGetValue(new(item.JobId, item.Attempt), out var ticket))
            {
                ticket.Cancel = item;
            }
        }
    }

    /// <summary>Returns all waiting tickets to the broker and closes the slot scheduler.</summary>
    public void ReturnWaiting()
    {
        foreach (var ticket in slots.Close())
        {
            Return(ticket);
        }
    }

    /// <summary>Returns waiting tickets of all other queues to the broker.</summary>
    public void ReturnWaiting(IReadOnlySet<string> exceptQueues)
    {
        foreach (var ticket in slots.Remove(x => x.CanReturn && !exceptQueues.Contains(x.QueueName)))
        {
            Return(ticket);
        }
    }

    /// <summary>Declines waiting tickets of this kind. Jobs that are still pending get another ticket.</summary>
    public void DeclineWaiting(QueuedTask tickets)
    {
        var unwanted = slots.Remove(x =>
            !x.CanReturn && (x.QueueName, x.Message.TaskName, x.Message.Version) == (tickets.QueueName, tickets.TaskName, tickets.Version));
        foreach (var ticket in unwanted)
        {
            if (Return(ticket))
            {
                reports.Enqueue(FinalReport.Create(ticket.Key, time.GetUtcNow(), AttemptStep.Declined));
            }
        }
    }

    /// <summary>Stops claiming: new grants are released from now on. Completes when all claims have had a response.</summary>
    public Task Close()
    {
        ReturnWaiting();
        // Sent directly to this worker: JobApi sends them again while this worker exists
        foreach (var ticket in slots.Remove(_ => true))
        {
            Return(ticket);
        }
        lock (sync)
        {
            closing = true;
            closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (open.Count == 0)
            {
                closed.SetResult();
            }
            return closed.Task;
        }
    }

    /// <summary>Repeats claims without a response, then lends their slots to other queues, and finally returns their tickets.</summary>
    public void Check()
    {
        ahead.Check();
        foreach (var ticket in ClaimedTickets())
        {
            var waiting = time.GetElapsedTime(ticket.FirstClaimedAt);
            if (waiting >= GiveUpAfter)
            {
                LogUnanswered(ticket.Key.JobId, ticket.Key.Attempt, GiveUpAfter);
                GiveUp(ticket);
                continue;
            }
            if (waiting >= lendSlotAfter)
            {
                LendSlot(ticket);
            }
            if (time.GetElapsedTime(ticket.LastClaimedAt) >= repeatAfter)
            {
                RepeatClaim(ticket);
            }
        }
        NotifyUnansweredChanged();
    }

    /// <summary>Repeats all open claims, because responses may have been lost.</summary>
    public void RepeatClaims()
    {
        foreach (var ticket in ClaimedTickets())
        {
            RepeatClaim(ticket);
        }
    }

    void OnAttemptEnded()
    {
        slots.Release();
        ahead.AddEnd();
    }

    void RepeatClaim(Ticket ticket)
    {
        ticket.LastClaimedAt = time.GetTimestamp();
        sender.Enqueue(ticket);
    }

    void LendSlot(Ticket ticket)
    {
        lock (sync)
        {
            if (ticket.SlotIsLent || !open.ContainsKey(ticket.Key))
            {
                return;
            }
            ticket.SlotIsLent = true;
            lent++;
        }
        NotifyUnansweredChanged();
        // Otherwise the next ticket of the same queue would get the slot
        foreach (var next in slots.Remove(x => x.CanReturn && x.QueueName == ticket.QueueName))
        {
            Return(next);
        }
        slots.Release();
    }

    void Claim(Ticket ticket)
    {
        lock (sync)
        {
            ticket.FirstClaimedAt = ticket.LastClaimedAt = time.GetTimestamp();
        }
        sender.Enqueue(ticket);
    }

    List<Ticket> ClaimedTickets()
    {
        lock (sync)
        {
            return [.. open.Values.Where(x => x.FirstClaimedAt != 0)];
        }
    }

    void GiveUp(Ticket ticket)
    {
        if (!Return(ticket))
        {
            return;
        }
        if (!ticket.SlotIsLent)
        {
            slots.Release();
        }
        if (!ticket.CanReturn)
        {
            Add(ticket.Message, ticket.QueueName, delivery: null);
        }
    }

    bool Return(Ticket ticket)
    {
        lock (sync)
        {
            if (!Remove(ticket))
            {
                return false;
            }
        }
        ticket.Return();
        return true;
    }

    bool Remove(Ticket ticket)
    {
        var removed = open.Remove(ticket.Key);
        lent -= removed && ticket.SlotIsLent ? 1 : 0;
        if (open.Count == 0)
        {
            closed?.TrySetResult();
        }
        return removed;
    }

    void NotifyUnansweredChanged()
    {
        lock (sync)
        {
            if (lent == 0 && unanswered.Count == 0)
            {
                return;
            }
            var current = open.Values.Where(x => x.SlotIsLent).Select(x => x.QueueName).ToHashSet();
            if (current.SetEquals(unanswered))
            {
                return;
            }
            unanswered = current;
        }
        OnUnansweredChanged?.Invoke();
    }

    [LoggerMessage(5011, LogLevel.Warning,
        "Claim of job {JobId} attempt {Attempt} got no response for {Silence}; the ticket is returned to the broker")]
    partial void LogUnanswered(Guid jobId, int attempt, TimeSpan silence);
}
