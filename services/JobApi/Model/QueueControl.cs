namespace JobSystem.JobApi.Model;

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
    /// <summary>Maximum number of unused starts that an idle queue accumulates.</summary>
    public double Burst => Math.Max(1, Limit / 5d);

    /// <summary>Number of starts that are available now.</summary>
    public double Refilled(double? tokens, TimeSpan since) =>
        tokens is { } saved ? Math.Clamp(saved + (Math.Max(0, since.TotalSeconds) * Limit / Period), 0, Burst) : Burst;
}

/// <summary>Available capacity of a queue.</summary>
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

/// <summary>Changes of a queue; null members are not changed.</summary>
public sealed record QueueSettings
{
    public bool? IsPaused { get; init; }
    public Assigned<string>? Description { get; init; }
    public Assigned<int?>? MaxConcurrency { get; init; }

    /// <summary>Nothing is saved up for a new rate, so that a change is no way around it.</summary>
    public Assigned<RateLimit?>? Rate { get; init; }

    /// <summary>True if other jobs may start than before.</summary>
    public bool ChangesLimits => MaxConcurrency is not null || Rate is not null;
}

/// <param name="Value">Null removes what was set.</param>
public readonly record struct Assigned<T>(T? Value);
