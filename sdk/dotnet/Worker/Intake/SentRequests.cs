namespace JobSystem.Worker.Intake;

/// <summary>
/// The requests that this worker has sent. A request is open until as many attempts as it asked for are granted, or it is replaced. Requests
/// that are no longer open are kept for a while, because responses to them may still be under way. Not thread-safe.
/// </summary>
sealed class SentRequests(TimeProvider time)
{
    /// <summary>How long a request is known after it was sent. A later response to it belongs to no request.</summary>
    public static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(1);

    const int MaxKnown = 16_384;

    readonly Dictionary<Guid, Request> known = [];
    readonly Queue<Request> inOrder = new();
    readonly List<Request> open = [];

    /// <summary>The number of attempts that may still be granted.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Adds a request that is about to be sent, and returns its id.</summary>
    public Guid Add(int count)
    {
        RemoveOld();
        var request = new Request(Guid.CreateVersion7(), time.GetTimestamp()) { Rest = count };
        known[request.Id] = request;
        inOrder.Enqueue(request);
        open.Add(request);
        Outstanding += count;
        return request.Id;
    }

    /// <summary>Returns the timestamp at which a request was sent; null if it is not known.</summary>
    public long? FindSentAt(Guid id) => known.TryGetValue(id, out var request) ? request.SentAt : null;

    /// <summary>Subtracts granted attempts from what their request asked for.</summary>
    public void Subtract(Guid id, int granted)
    {
        if (open.Find(x => x.Id == id) is { } request)
        {
            var subtracted = Math.Min(granted, request.Rest);
            request.Rest -= subtracted;
            Outstanding -= subtracted;
            if (request.Rest == 0)
            {
                open.Remove(request);
            }
        }
    }

    /// <summary>Nothing more is granted to the request.</summary>
    public void Close(Guid id)
    {
        if (open.Find(x => x.Id == id) is { } request)
        {
            Outstanding -= request.Rest;
            open.Remove(request);
        }
    }

    /// <summary>
    /// Closes the requests that have been open for this time, and those that would have been soon, because one request can take the place of
    /// all of them: JobApi forgets the others shortly after. Returns the one with the most outstanding attempts; null if none was due.
    /// </summary>
    public Guid? CloseDue(TimeSpan age)
    {
        if (UntilDue(age) is not { } left || left > TimeSpan.Zero)
        {
            return null;
        }
        var due = open.FindAll(x => x.IsDue || time.GetElapsedTime(x.SentAt) / 0.75 >= age);
        open.RemoveAll(due.Contains);
        Outstanding -= due.Sum(x => x.Rest);
        return due.MaxBy(x => x.Rest)!.Id;
    }

    /// <summary>Makes all open requests due.</summary>
    public void MakeDue() => open.ForEach(x => x.IsDue = true);

    /// <summary>Returns the time until the first request has been open for this time; null if none is open.</summary>
    public TimeSpan? UntilDue(TimeSpan age)
    {
        if (open.Count == 0)
        {
            return null;
        }
        var left = open.Exists(x => x.IsDue) ? TimeSpan.Zero : age - time.GetElapsedTime(open[0].SentAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    void RemoveOld()
    {
        while (inOrder.TryPeek(out var oldest) && (inOrder.Count >= MaxKnown || time.GetElapsedTime(oldest.SentAt) > KnownFor))
        {
            known.Remove(inOrder.Dequeue().Id);
        }
    }

    /// <summary>One request.</summary>
    sealed class Request(Guid id, long sentAt)
    {
        public Guid Id => id;

        public long SentAt => sentAt;

        /// <summary>The number of attempts that may still be granted.</summary>
        public int Rest { get; set; }

        /// <summary>True if it has to be replaced now, whatever its age.</summary>
        public bool IsDue { get; set; }
    }
}
