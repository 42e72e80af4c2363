namespace JobSystem.Journeys.Evidence;

/// <summary>What a <see cref="Load"/> hands over.</summary>
public sealed record LoadShape
{
    public int PerSecond { get; init; } = 20;

    public IReadOnlyList<string> Queues { get; init; } = ["default"];

    /// <summary>One job in six is for the second kind of worker.</summary>
    public bool OtherKind { get; init; }

    /// <summary>Some jobs come as batches, some run into their time limit, and some that failed are retried by hand.</summary>
    public bool Mixed { get; init; }
}
