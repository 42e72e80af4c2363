namespace JobSystem.Contracts;

/// <summary>The four priority levels. On the wire they are the lower-case words; on the broker they are 4 (critical) to 1 (low).</summary>
public static class Priority
{
    /// <summary>Runs before everything else in its queue.</summary>
    public const string Critical = "critical";

    /// <summary>Runs before normal and low.</summary>
    public const string High = "high";

    /// <summary>The default.</summary>
    public const string Normal = "normal";

    /// <summary>Runs when nothing else of its queue waits.</summary>
    public const string Low = "low";

    /// <summary>Every level, highest first.</summary>
    public static IReadOnlyList<string> All { get; } = [Critical, High, Normal, Low];

    /// <summary>The broker's number of a level: 4 for critical to 1 for low; 0 when the word is unknown.</summary>
    public static byte ToLevel(string priority) => priority switch
    {
        Critical => 4,
        High => 3,
        Normal => 2,
        Low => 1,
        _ => 0,
    };

    /// <summary>The word of a broker level.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="level"/> is not 1 to 4.</exception>
    public static string FromLevel(byte level) => level switch
    {
        4 => Critical,
        3 => High,
        2 => Normal,
        1 => Low,
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "a priority level is 1 (low) to 4 (critical)"),
    };
}
