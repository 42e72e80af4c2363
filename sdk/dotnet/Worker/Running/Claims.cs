using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>The tickets of this worker, from their arrival until their claim is answered.</summary>
sealed partial class Claims
{
    const int MaxBatch = 256;
    static readonly TimeSpan askAgainAfter = TimeSpan.FromSeconds(5);
    static readonly TimeSpan giveUpAfter = TimeSpan.FromSeconds(30);

    readonly Lock sync = new();
    readonly Dictionary<AttemptKey, Ticket> open = [];
    readonly TaskCatalog catalog;
    readonly Attempts attempts;
    readonly SlotGate gate;
    readonly ReportSender reports;
    readonly BusSender bus;
    readonly WorkerIdentity identity;
    readonly TimeProvider time;
    readonly ILogger<Claims> logger;
    readonly NaturalBatcher<Ticket> batcher;
    long arrivals;

    public Claims(TaskCatalog catalog, Attempts attempts, SlotGate gate, ReportSender reports, BusSender bus, WorkerIdentity identity, TimeProvider time, ILogger<Claims> logger)
    {
        (this.catalog, this.attempts, this.gate, this.reports, this.bus, this.identity, this.time, this.logger) =
            (catalog, attempts, gate, reports, bus, identity, time, logger);
        // Two, so that a claim does not wait for the broker's word on the one before
        batcher = new(MaxBatch, 2, Send);
        gate.OnTurn = Claim;
    }

    public Task Run() => batcher.Run();

    public void Complete() => batcher.Complete();

    /// <summary>A ticket has arrived. The task tells what becomes of its delivery.</summary>
    /// <param name="canReturn">True when a delivery that is given back comes again.</param>
    public Task<TicketFate> Offer(RunAttempt message, bool canReturn)
    {
        var key = new AttemptKey(message.JobId, message.Attempt);
        if (catalog.Find(message.TaskName, message.Version) is null)
        {
            reports.Add(Ending.New(key, time.GetUtcNow(), AttemptStep.Declined));
            return Task.FromResult(TicketFate.Done);
        }
        var ticket = new Ticket(message, Interlocked.Increment(ref arrivals), canReturn);
        lock (sync)
        {
            if (attempts.Knows(key))
            {
                return Task.FromResult(TicketFate.Done);
            }
            if (open.TryGetValue(key, out var same))
            {
                // Redelivered after a lost connection, or sent twice. The older delivery may be gone, so the newer one carries it on
                return same.Rejoin();
            }
            open[key] = ticket;
        }
        if (!gate.Offer(ticket))
        {
            Drop(ticket, TicketFate.Leave);
        }
        return ticket.Fate;
    }

    /// <summary>The claim was granted. False when nothing was claimed, or it was given up.</summary>
    public bool Granted(GrantedAttempt grant)
    {
        Ticket? ticket;
        lock (sync)
        {
            if (!open.TryGetValue(new(grant.JobId, grant.Attempt), out ticket) || ticket.FirstClaimedAt == 0)
            {
                return false;
            }
            // In this order, so that a second ticket of the same attempt always meets one of the two
            attempts.Start(grant, ticket);
            open.Remove(ticket.Key);
        }
        ticket.Settle(TicketFate.Done);
        return true;
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
            open.Remove(key);
        }
        ticket.Settle(TicketFate.Done);
        gate.Release();
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

    /// <summary>Nobody may wait any more; deliveries that did are left to their closing channels.</summary>
    public void TurnAway()
    {
        foreach (var ticket in gate.Close())
        {
            Drop(ticket, TicketFate.Leave);
        }
    }

    /// <summary>Gives up what has been claimed and not answered, because the worker stops.</summary>
    public void GiveUpAll()
    {
        foreach (var ticket in Claimed())
        {
            GiveUp(ticket, TicketFate.Leave);
        }
    }

    /// <summary>Asks again for what was not answered in time, and in the end gives it back.</summary>
    public void Check()
    {
        foreach (var ticket in Claimed())
        {
            if (time.GetElapsedTime(ticket.FirstClaimedAt) >= giveUpAfter)
            {
                LogUnanswered(ticket.Key.JobId, ticket.Key.Attempt, giveUpAfter);
                GiveUp(ticket, TicketFate.Return);
            }
            else if (time.GetElapsedTime(ticket.LastClaimedAt) >= askAgainAfter)
            {
                AskAgain(ticket);
            }
        }
    }

    /// <summary>The answers to what was claimed before may be lost.</summary>
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
            // What is lost is asked again, so the broker need not keep it
            await bus.Send(BusAddresses.Lifecycle, message, durable: false, CancellationToken.None);
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

    void GiveUp(Ticket ticket, TicketFate fate)
    {
        if (!Drop(ticket, fate))
        {
            return;
        }
        gate.Release();
        if (fate == TicketFate.Return && !ticket.CanReturn)
        {
            _ = Offer(ticket.Message, canReturn: false);
        }
    }

    bool Drop(Ticket ticket, TicketFate fate)
    {
        lock (sync)
        {
            if (!open.Remove(ticket.Key))
            {
                return false;
            }
        }
        ticket.Settle(fate);
        return true;
    }

    [LoggerMessage(111, LogLevel.Warning, "Job {JobId} attempt {Attempt}: the claim was not answered for {Silence}; the ticket goes back")]
    partial void LogUnanswered(Guid jobId, int attempt, TimeSpan silence);

    [LoggerMessage(112, LogLevel.Warning, "{Count} claims could not be sent; they are sent again")]
    partial void LogUnsent(Exception exception, int count);
}
