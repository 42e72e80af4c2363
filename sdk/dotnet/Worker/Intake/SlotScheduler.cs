namespace JobSystem.Worker.Intake;

/// <summary>
/// Assigns the slots to waiting tickets by priority, then age. While it is suspended, tickets wait and none gets a slot; while it is
/// closed, no ticket waits here that another worker could run.
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
    int returnable;
    int notifyWhenFree = int.MaxValue;
    long freedAt = time.GetTimestamp();
    Mode mode;

    /// <summary>Called for each ticket that gets a slot, without holding a lock.</summary>
    public Action<Ticket>? OnSlotAssigned { get; set; }

    /// <summary>
    /// Called when a ticket waits and no slot is free, when a slot becomes free while the scheduler is not open, and when as many slots
    /// are free as <see cref="NotifyWhenFree"/> has set.
    /// </summary>
    public Action? OnDemandChanged { get; set; }

    public int Slots { get; } = slots;

    public int Free
    {
        get { lock (sync) { return free; } }
    }

    public int Waiting
    {
        get { lock (sync) { return waiting.Count; } }
    }

    public bool IsOpen
    {
        get { lock (sync) { return mode == Mode.Open; } }
    }

    /// <summary>How long returnable tickets have been waiting without a slot becoming free; null if none waits or a slot is free.</summary>
    public TimeSpan? StarvedFor
    {
        get { lock (sync) { return returnable > 0 && free == 0 ? time.GetElapsedTime(freedAt) : null; } }
    }

    /// <summary>Sets the number of free slots at which <see cref="OnDemandChanged"/> is called.</summary>
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
            changed = free == 0 && waiting.Count == 1;
        }
        if (changed)
        {
            OnDemandChanged?.Invoke();
        }
        AssignSlots();
        return true;
    }

    /// <summary>Releases a slot.</summary>
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
        AssignSlots();
    }

    /// <summary>Takes a slot ahead of waiting tickets. Returns false if none is free.</summary>
    public bool TryTakeSlot()
    {
        lock (sync)
        {
            return free > 0 && free-- > 0;
        }
    }

    /// <summary>Tickets may be added, but none gets a slot until <see cref="Open"/>.</summary>
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
        AssignSlots();
    }

    /// <summary>Stops accepting returnable tickets, and returns those that were waiting.</summary>
    public List<Ticket> Close()
    {
        lock (sync)
        {
            mode = Mode.Closed;
        }
        var removed = Remove(x => x.CanReturn);
        AssignSlots();
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

    void AssignSlots()
    {
        while (DequeueNext() is { } ticket)
        {
            OnSlotAssigned?.Invoke(ticket);
        }
    }

    Ticket? DequeueNext()
    {
        lock (sync)
        {
            if (mode == Mode.Suspended || free == 0 || !waiting.TryDequeue(out var ticket, out _))
            {
                return null;
            }
            free--;
            returnable -= ticket.CanReturn ? 1 : 0;
            return ticket;
        }
    }
}
