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
    /// <summary>How many more attempts may start.</summary>
    public int Free => Control.IsPaused ? 0 : Math.Max(0, Math.Min(
        Control.MaxConcurrency - Held ?? int.MaxValue,
        // A token that is complete but for the arithmetic is a token
        Tokens is { } tokens ? (int)Math.Floor(tokens + 1e-9) : int.MaxValue));
}

/// <summary>What a change of a queue sets; members that are null stay as they are.</summary>
public sealed record QueueSettings
{
    public bool? IsPaused { get; init; }
    public Assigned<string>? Description { get; init; }
    public Assigned<int?>? MaxConcurrency { get; init; }

    /// <summary>Nothing is saved up for a new rate, so that a change is no way around it.</summary>
    public Assigned<RateLimit?>? Rate { get; init; }

    /// <summary>True when claims have to be decided anew.</summary>
    public bool ChangesLimits => MaxConcurrency is not null || Rate is not null;
}

/// <param name="Value">Null removes what was set.</param>
public readonly record struct Assigned<T>(T? Value);
