namespace JobSystem.JobApi.Lifecycle;

/// <summary>How much one flush of a <see cref="BatchQueue{TItem, TResult}"/> carries, and how much may wait for one.</summary>
/// <param name="Weight">Maximum weight of one flush; a heavier item is flushed alone.</param>
public sealed record BatchLimits(int Weight)
{
    /// <summary>A flush ends when its items have this size; a single larger item goes alone.</summary>
    public long Bytes { get; init; } = 16 << 20;

    /// <summary>More than the database writes while a caller waits: what would come behind it is refused at once.</summary>
    public long WaitingWeight { get; init; } = 50_000;

    public long WaitingBytes { get; init; } = 64 << 20;
}
