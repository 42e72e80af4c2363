namespace JobSystem.Worker.Intake;

/// <summary>
/// Assigns places to waiting tickets by priority, then age: one for each slot, and as many more as are claimed ahead (see
/// <see cref="ClaimAhead"/>). While it is suspended, tickets wait and none gets a place; while it is closed, no ticket waits here that
/// another worker could run.
/// </summary>
sealed class SlotScheduler(int slots, TimeProvider time)
{
    enum Mode
    {
        Open,
        Suspended,
        Closed,
    }

    readonly Lock sync = new();
    PriorityQueue<Ticket, Ticket> waiting = new();
    int free = slots;
    int ahead;
    int returnable;
    int notifyWhenFree = int.MaxValue;
    long freedAt = time.GetTimestamp();
    Mode mode;

    /// <summary>Called for each ticket that gets a place, without holding a lock.</summary>
    public Action<Ticket>? OnPlaceAssigned { get; set; }

    /// <summary>
    /// Called when a ticket waits and no place is free, when a place becomes free while the scheduler is not open, and when as many
    /// places are free as <see cref="NotifyWhenFree"/> has set.
    /// </summary>
    public Action? OnDemandChanged { get; set; }

    /// <summary>How many attempts may run at once.</summary>
    public int Slots { get; } = slots;

    /// <summary>How many attempts may be claimed or run at once.</summary>
    public int Places
    {
        get { lock (sync) { return Slots + ahead; } }
    }

    /// <summary>Number of free places.</summary>
    public int Free
    {
        get { lock (sync) { return Math.Max(0, free); } }
    }

    public int Waiting
    {
        get { lock (sync) { return waiting.Count; } }
    }

    public bool IsOpen
    {
        get { lock (sync) { return mode == Mode.Open; } }
    }

    /// <summary>How long returnable tickets have been waiting without a place becoming free; null if none waits or a place is free.</summary>
    public TimeSpan? StarvedFor
    {
        get { lock (sync) { return returnable > 0 && free <= 0 ? time.GetElapsedTime(freedAt) : null; } }
    }

    /// <summary>Sets how many attempts are claimed ahead of free slots.</summary>
    public void SetAhead(int count)
    {
        bool changed;
        lock (sync)
        {
            free += count - ahead;
            changed = count > ahead && (mode != Mode.Open || free >= notifyWhenFree);
            ahead = count;
        }
        if (changed)
        {
            OnDemandChanged?.Invoke();
        }
        AssignPlaces();
    }

    /// <summary>Sets the number of free places at which <see cref="OnDemandChanged"/> is called.</summary>
    public void NotifyWhenFree(int count)
    {
        lock (sync)
        {
            notifyWhenFree = count;
        }
    }

    /// <summary>Adds a waiting ticket. Returns false if the scheduler is closed and the ticket can be returned to the broker.</summary>
    public bool TryAdd(Ticket ticket)
    {
        bool changed;
        lock (sync)
        {
            if (mode == Mode.Closed && ticket.CanReturn)
            {
                return false;
            }
            waiting.Enqueue(ticket, ticket);
            returnable += ticket.CanReturn ? 1 : 0;
            changed = free <= 0 && waiting.Count == 1;
        }
        if (changed)
        {
            OnDemandChanged?.Invoke();
        }
        AssignPlaces();
        return true;
    }

    /// <summary>Releases a place.</summary>
    public void Release()
    {
        bool changed;
        lock (sync)
        {
            free++;
            freedAt = time.GetTimestamp();
            changed = mode != Mode.Open || free >= notifyWhenFree;
        }
        if (changed)
        {
            OnDemandChanged?.Invoke();
        }
        AssignPlaces();
    }

    /// <summary>Takes a place ahead of waiting tickets. Returns false if none is free.</summary>
    public bool TryTakePlace()
    {
        lock (sync)
        {
            return free > 0 && free-- > 0;
        }
    }

    /// <summary>Tickets may be added, but none gets a place until <see cref="Open"/>.</summary>
    public void Suspend()
    {
        lock (sync)
        {
            mode = Mode.Suspended;
        }
    }

    public void Open()
    {
        lock (sync)
        {
            mode = Mode.Open;
        }
        AssignPlaces();
    }

    /// <summary>Stops accepting returnable tickets, and returns those that were waiting.</summary>
    public List<Ticket> Close()
    {
        lock (sync)
        {
            mode = Mode.Closed;
        }
        var removed = Remove(x => x.CanReturn);
        AssignPlaces();
        return removed;
    }

    /// <summary>Removes matching tickets from the waiting ones, and returns them.</summary>
    public List<Ticket> Remove(Func<Ticket, bool> which)
    {
        lock (sync)
        {
            var removed = waiting.UnorderedItems.Select(x => x.Element).Where(which).ToList();
            if (removed.Count > 0)
            {
                waiting = new(waiting.UnorderedItems.Where(x => !which(x.Element)));
                returnable -= removed.Count(x => x.CanReturn);
            }
            return removed;
        }
    }

    void AssignPlaces()
    {
        while (DequeueNext() is { } ticket)
        {
            OnPlaceAssigned?.Invoke(ticket);
        }
    }

    Ticket? DequeueNext()
    {
        lock (sync)
        {
            if (mode == Mode.Suspended || free <= 0 || !waiting.TryDequeue(out var ticket, out _))
            {
                return null;
            }
            free--;
            returnable -= ticket.CanReturn ? 1 : 0;
            return ticket;
        }
    }
}
