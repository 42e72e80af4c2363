namespace JobSystem.JobApi.Storage;

/// <summary>How a queue is steered.</summary>
/// <param name="MaxConcurrency">Attempts that may be held at once, over all workers; null for no limit.</param>
/// <param name="Rate">Null for no limit.</param>
public sealed record QueueControl(string Name, bool IsPaused, int? MaxConcurrency, RateLimit? Rate)
{
    public bool HasLimits => MaxConcurrency is not null || Rate is not null;
}

/// <summary>At most <paramref name="Limit"/> starts in <paramref name="Period"/> seconds.</summary>
public readonly record struct RateLimit(int Limit, double Period)
{
    /// <summary>Starts that an idle queue saves up: so many more than the limit may come in one period.</summary>
    public double Burst => Math.Max(1, Limit / 5d);

    /// <summary>Starts that may be used now. One that was never counted is full.</summary>
    public double Refilled(double? tokens, TimeSpan since) =>
        tokens is { } saved ? Math.Clamp(saved + (Math.Max(0, since.TotalSeconds) * Limit / Period), 0, Burst) : Burst;
}

/// <summary>What became of a claim in a queue with limits.</summary>
public enum SlotResult
{
    /// <summary>Written; the attempt has its slot.</summary>
    Written,

    /// <summary>The row is no longer at its expected version.</summary>
    Stale,

    /// <summary>The queue is paused, or has as many attempts as it may: nothing was written.</summary>
    Full,
}

/// <summary>What a queue has room for.</summary>
/// <param name="Held">Attempts that hold a slot.</param>
/// <param name="Tokens">Starts that the rate allows now; null without a rate.</param>
public readonly record struct QueueRoom(QueueControl Control, int Held, double? Tokens)
{
    /// <summary>The moment up to which the tokens were refilled: what comes after it must not be lost.</summary>
    public DateTime ReadAt { get; init; }

    /// <summary>How many more attempts may start.</summary>
    public int Free => Control.IsPaused ? 0 : Math.Max(0, Math.Min(
        Control.MaxConcurrency - Held ?? int.MaxValue,
        // A token that is complete but for the arithmetic is a token
        Tokens is { } tokens ? (int)Math.Floor(tokens + 1e-9) : int.MaxValue));

    /// <summary>Which of the claims find room: the better and older jobs first.</summary>
    internal static bool[] Admit(IReadOnlyList<SagaWrite> writes, IReadOnlyDictionary<string, QueueRoom> rooms)
    {
        var admitted = new bool[writes.Count];
        foreach (var claims in Enumerable.Range(0, writes.Count).GroupBy(n => writes[n].Job.QueueName))
        {
            // A queue that is gone has no limits
            var free = rooms.TryGetValue(claims.Key, out var room) ? room.Free : int.MaxValue;
            foreach (var n in claims.OrderByDescending(n => writes[n].Job.Priority).ThenBy(n => writes[n].Job.CreatedAt).Take(free))
            {
                admitted[n] = true;
            }
        }
        return admitted;
    }
}
