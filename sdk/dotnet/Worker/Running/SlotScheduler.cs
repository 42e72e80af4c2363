namespace JobSystem.Worker.Running;

/// <summary>
/// Hands out the slots: the best waiting ticket first, by priority, then age. While it is shut no ticket gets a slot and all wait;
/// while it is closed no ticket may wait that another worker could have.
/// </summary>
sealed class SlotScheduler(int slots, TimeProvider time)
{
    enum Mode
    {
        Open,
        Shut,
        Closed,
    }

    readonly Lock sync = new();
    PriorityQueue<Ticket, Ticket> waiting = new();
    int free = slots;
    int returnable;
    int tellWhenFree = int.MaxValue;
    long freedAt = time.GetTimestamp();
    Mode mode;

    /// <summary>Called for each ticket that gets a slot, without holding a lock.</summary>
    public Action<Ticket>? OnTurn { get; set; }

    /// <summary>
    /// Called when a ticket waits and no slot is free, when a slot becomes free while the scheduler is shut or closed, and when
    /// <see cref="TellWhenFree"/> slots are free.
    /// </summary>
    public Action? OnPressure { get; set; }

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
    public TimeSpan? Starved
    {
        get { lock (sync) { return returnable > 0 && free == 0 ? time.GetElapsedTime(freedAt) : null; } }
    }

    public void TellWhenFree(int count)
    {
        lock (sync)
        {
            tellWhenFree = count;
        }
    }

    /// <summary>False if the scheduler is closed and the ticket can be returned to the broker.</summary>
    public bool Offer(Ticket ticket)
    {
        bool pressure;
        lock (sync)
        {
            if (mode == Mode.Closed && ticket.CanReturn)
            {
                return false;
            }
            waiting.Enqueue(ticket, ticket);
            returnable += ticket.CanReturn ? 1 : 0;
            pressure = free == 0 && waiting.Count == 1;
        }
        if (pressure)
        {
            OnPressure?.Invoke();
        }
        GiveSlots();
        return true;
    }

    /// <summary>Releases a slot.</summary>
    public void Release()
    {
        bool pressure;
        lock (sync)
        {
            free++;
            freedAt = time.GetTimestamp();
            pressure = mode != Mode.Open || free >= tellWhenFree;
        }
        if (pressure)
        {
            OnPressure?.Invoke();
        }
        GiveSlots();
    }

    /// <summary>Takes a slot ahead of waiting tickets; false if none is free.</summary>
    public bool TryTakeSlot()
    {
        lock (sync)
        {
            return free > 0 && free-- > 0;
        }
    }

    /// <summary>Tickets may be added, but none gets a slot until <see cref="Open"/>.</summary>
    public void Shut()
    {
        lock (sync)
        {
            mode = Mode.Shut;
        }
    }

    public void Open()
    {
        lock (sync)
        {
            mode = Mode.Open;
        }
        GiveSlots();
    }

    /// <summary>Stops accepting returnable tickets, and returns those that were waiting.</summary>
    public List<Ticket> Close()
    {
        lock (sync)
        {
            mode = Mode.Closed;
        }
        var removed = Remove(x => x.CanReturn);
        GiveSlots();
        return removed;
    }

    /// <summary>Removes matching tickets from the waiting ones.</summary>
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

    void GiveSlots()
    {
        while (Next() is { } ticket)
        {
            OnTurn?.Invoke(ticket);
        }
    }

    Ticket? Next()
    {
        lock (sync)
        {
            if (mode == Mode.Shut || free == 0 || !waiting.TryDequeue(out var ticket, out _))
            {
                return null;
            }
            free--;
            returnable -= ticket.CanReturn ? 1 : 0;
            return ticket;
        }
    }
}
