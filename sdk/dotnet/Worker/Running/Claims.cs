using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>Manages the tickets of this worker from their delivery until their claim is granted or denied.</summary>
sealed partial class Claims
{
    const int MaxBatch = 256;
    static readonly TimeSpan askAgainAfter = TimeSpan.FromSeconds(2);
    static readonly TimeSpan lendSlotAfter = TimeSpan.FromSeconds(3);
    static readonly TimeSpan giveUpAfter = TimeSpan.FromSeconds(30);

    readonly Lock sync = new();
    readonly Dictionary<AttemptKey, Ticket> open = [];
    readonly TaskCatalog catalog;
    readonly Attempts attempts;
    readonly SlotScheduler slots;
    readonly ReportSender reports;
    readonly BusSender bus;
    readonly WorkerIdentity identity;
    readonly TimeProvider time;
    readonly ILogger<Claims> logger;
    readonly NaturalBatcher<Ticket> batcher;
    HashSet<string> unanswered = [];
    TaskCompletionSource? answered;
    int lent;
    bool closing;
    long arrivals;

    public Claims(TaskCatalog catalog, Attempts attempts, SlotScheduler slots, ReportSender reports, BusSender bus, WorkerIdentity identity, TimeProvider time, ILogger<Claims> logger)
    {
        (this.catalog, this.attempts, this.slots, this.reports, this.bus, this.identity, this.time, this.logger) =
            (catalog, attempts, slots, reports, bus, identity, time, logger);
        // Two, so that a claim does not wait for the confirm of the previous one
        batcher = new(MaxBatch, 2, Send);
        slots.OnTurn = Claim;
    }

    /// <summary>Called when <see cref="Unanswered"/> has changed, without holding a lock.</summary>
    public Action? OnUnansweredChanged { get; set; }

    /// <summary>Queues whose claims have got no response for a while; no further tickets are taken from them, to keep slots for other queues.</summary>
    public IReadOnlySet<string> Unanswered
    {
        get { lock (sync) { return unanswered; } }
    }

    /// <summary>True once the worker stops: new grants are given back.</summary>
    public bool IsClosing
    {
        get { lock (sync) { return closing; } }
    }

    /// <summary>Number of claims without a response.</summary>
    public int AwaitingAnswers
    {
        get { lock (sync) { return open.Values.Count(x => x.FirstClaimedAt != 0); } }
    }

    public Task Run() => batcher.Run();

    public void Complete() => batcher.Complete();

    /// <summary>Called for each delivered ticket.</summary>
    /// <param name="message">What it says.</param>
    /// <param name="queueName">The queue that it came from; empty when it was sent to this worker alone.</param>
    /// <param name="delivery">Null when it cannot go back to the broker.</param>
    public void Offer(RunAttempt message, string queueName, ITicketDelivery? delivery)
    {
        var key = new AttemptKey(message.JobId, message.Attempt);
        if (catalog.Find(message.TaskName, message.Version) is null)
        {
            // Not from a broker queue that this worker consumes: moved by an administrator, or sent directly to this worker
            reports.Add(FinalReport.New(key, time.GetUtcNow(), AttemptStep.Declined));
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
            if (attempts.Knows(key))
            {
                delivery?.Acknowledge();
                return;
            }
            if (open.TryGetValue(key, out var same))
            {
                // Redelivered after a reconnect, or sent twice. The older delivery may be invalid, so the newer one replaces it
                same.Replace(delivery);
                return;
            }
            open[key] = ticket;
        }
        if (!slots.Offer(ticket))
        {
            Return(ticket);
        }
    }

    /// <summary>Called when a claim was granted. False if the claim no longer exists or its slot is in use: the caller has to give the grant back.</summary>
    public bool Granted(GrantedAttempt grant)
    {
        Ticket? ticket;
        bool starts;
        lock (sync)
        {
            if (!open.TryGetValue(new(grant.JobId, grant.Attempt), out ticket) || ticket.FirstClaimedAt == 0)
            {
                return false;
            }
            starts = !closing && (!ticket.SlotIsLent || slots.TryTakeSlot());
            if (starts)
            {
                // In this order, so that a duplicate ticket is always recognized by one of the two
                attempts.Start(grant, ticket);
            }
            Close(ticket);
        }
        ticket.Acknowledge();
        if (!starts && !ticket.SlotIsLent)
        {
            slots.Release();
        }
        TellChanges();
        return starts;
    }

    public void Denied(AttemptKey key)
    {
        Ticket? ticket;
        lock (sync)
        {
            if (!open.TryGetValue(key, out ticket) || ticket.FirstClaimedAt == 0)
            {
                return;
            }
            Close(ticket);
        }
        if (!ticket.CameAgain)
        {
            ticket.Acknowledge();
        }
        if (!ticket.SlotIsLent)
        {
            slots.Release();
        }
        TellChanges();
        if (ticket.CameAgain)
        {
            Offer(ticket.Message, ticket.QueueName, ticket.Delivery);
        }
    }

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

    /// <summary>Returns all waiting tickets to the broker and closes the scheduler.</summary>
    public void ReturnWaiting()
    {
        foreach (var ticket in slots.Close())
        {
            Return(ticket);
        }
    }

    /// <summary>Returns waiting tickets of all other queues to the broker.</summary>
    public void ReturnWaiting(IReadOnlySet<string> except)
    {
        foreach (var ticket in slots.Remove(x => x.CanReturn && !except.Contains(x.QueueName)))
        {
            Return(ticket);
        }
    }

    /// <summary>Declines waiting tickets of this kind. Jobs that are still pending get another ticket.</summary>
    public void Drop(QueuedTask tickets)
    {
        var unwanted = slots.Remove(x =>
            !x.CanReturn && (x.QueueName, x.Message.TaskName, x.Message.Version) == (tickets.QueueName, tickets.TaskName, tickets.Version));
        foreach (var ticket in unwanted)
        {
            if (Return(ticket))
            {
                reports.Add(FinalReport.New(ticket.Key, time.GetUtcNow(), AttemptStep.Declined));
            }
        }
    }

    /// <summary>Called when the worker stops: new grants are given back. Completes when all claims have got a response.</summary>
    public Task CloseAndAwaitAnswers()
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
            answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (open.Count == 0)
            {
                answered.SetResult();
            }
            return answered.Task;
        }
    }

    /// <summary>Repeats claims without a response, then lends their slots to other queues, and finally returns their tickets.</summary>
    public void Check()
    {
        foreach (var ticket in Claimed())
        {
            var waits = time.GetElapsedTime(ticket.FirstClaimedAt);
            if (waits >= giveUpAfter)
            {
                LogUnanswered(ticket.Key.JobId, ticket.Key.Attempt, giveUpAfter);
                GiveUp(ticket);
                continue;
            }
            if (waits >= lendSlotAfter)
            {
                LendSlot(ticket);
            }
            if (time.GetElapsedTime(ticket.LastClaimedAt) >= askAgainAfter)
            {
                AskAgain(ticket);
            }
        }
        TellChanges();
    }

    /// <summary>Repeats all open claims, because responses may have been lost.</summary>
    public void AskAgain()
    {
        foreach (var ticket in Claimed())
        {
            AskAgain(ticket);
        }
    }

    void AskAgain(Ticket ticket)
    {
        ticket.LastClaimedAt = time.GetTimestamp();
        batcher.Add(ticket);
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
        TellChanges();
        // Otherwise the slot would go to the next ticket of the same queue
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
        batcher.Add(ticket);
    }

    async Task Send(List<Ticket> tickets)
    {
        var message = new ClaimAttempts
        {
            WorkerId = identity.Id,
            Items = tickets.ConvertAll(x => new AttemptClaim { JobId = x.Key.JobId, Attempt = x.Key.Attempt }),
        };
        try
        {
            // Not durable, because lost claims are repeated, and with a time to live, because late claims are useless
            await bus.Send(BusAddresses.Lifecycle, message, durable: false, CancellationToken.None, timeToLive: giveUpAfter);
        }
        catch (Exception exception)
        {
            LogUnsent(exception, tickets.Count);
        }
    }

    List<Ticket> Claimed()
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
            Offer(ticket.Message, ticket.QueueName, delivery: null);
        }
    }

    bool Return(Ticket ticket)
    {
        lock (sync)
        {
            if (!Close(ticket))
            {
                return false;
            }
        }
        ticket.Return();
        return true;
    }

    bool Close(Ticket ticket)
    {
        var was = open.Remove(ticket.Key);
        lent -= was && ticket.SlotIsLent ? 1 : 0;
        if (open.Count == 0)
        {
            answered?.TrySetResult();
        }
        return was;
    }

    void TellChanges()
    {
        lock (sync)
        {
            if (lent == 0 && unanswered.Count == 0)
            {
                return;
            }
            var now = open.Values.Where(x => x.SlotIsLent).Select(x => x.QueueName).ToHashSet();
            if (now.SetEquals(unanswered))
            {
                return;
            }
            unanswered = now;
        }
        OnUnansweredChanged?.Invoke();
    }

    [LoggerMessage(5011, LogLevel.Warning, "Claim of job {JobId} attempt {Attempt} got no response for {Silence}; the ticket is returned to the broker")]
    partial void LogUnanswered(Guid jobId, int attempt, TimeSpan silence);

    [LoggerMessage(5012, LogLevel.Warning, "Could not send {Count} claims, retrying")]
    partial void LogUnsent(Exception exception, int count);
}
