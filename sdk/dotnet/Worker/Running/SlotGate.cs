namespace JobSystem.Worker.Running;

/// <summary>
/// Hands out the slots: the best waiting ticket first, by priority, then age. While it is shut nobody gets a slot, and tickets wait;
/// while it is closed nobody may wait either.
/// </summary>
sealed class SlotGate(int slots, TimeProvider time)
{
    readonly Lock sync = new();
    readonly PriorityQueue<Ticket, Ticket> waiting = new();
    int free = slots;
    long freedAt = time.GetTimestamp();
    bool shut;
    bool closed;

    /// <summary>Called, outside of any lock, for each ticket that gets a slot.</summary>
    public Action<Ticket>? OnTurn { get; set; }

    /// <summary>Called when a ticket waits and no slot is free, and when a slot becomes free while the gate is shut or closed.</summary>
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

    /// <summary>How long tickets have waited without any slot becoming free; null when none waits or a slot is free.</summary>
    public TimeSpan? Starved
    {
        get { lock (sync) { return waiting.Count > 0 && free == 0 ? time.GetElapsedTime(freedAt) : null; } }
    }

    /// <summary>False when the gate is closed.</summary>
    public bool Offer(Ticket ticket)
    {
        bool pressure;
        lock (sync)
        {
            if (closed)
            {
                return false;
            }
            waiting.Enqueue(ticket, ticket);
            pressure = free == 0 && waiting.Count == 1;
        }
        if (pressure)
        {
            OnPressure?.Invoke();
        }
        LetIn();
        return true;
    }

    /// <summary>A slot is free again.</summary>
    public void Release()
    {
        bool pressure;
        lock (sync)
        {
            free++;
            freedAt = time.GetTimestamp();
            pressure = shut || closed;
        }
        if (pressure)
        {
            OnPressure?.Invoke();
        }
        LetIn();
    }

    /// <summary>Tickets may come, but nobody gets a slot until <see cref="Open"/>.</summary>
    public void Shut()
    {
        lock (sync)
        {
            (shut, closed) = (true, false);
        }
    }

    public void Open()
    {
        lock (sync)
        {
            (shut, closed) = (false, false);
        }
        LetIn();
    }

    /// <summary>Nobody may wait any more. Returns those who did.</summary>
    public List<Ticket> Close()
    {
        lock (sync)
        {
            closed = true;
            var turnedAway = new List<Ticket>(waiting.Count);
            while (waiting.TryDequeue(out var ticket, out _))
            {
                turnedAway.Add(ticket);
            }
            return turnedAway;
        }
    }

    void LetIn()
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
            if (shut || closed || free == 0 || !waiting.TryDequeue(out var ticket, out _))
            {
                return null;
            }
            free--;
            return ticket;
        }
    }
}
