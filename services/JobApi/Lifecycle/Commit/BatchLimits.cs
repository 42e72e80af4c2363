namespace JobSystem.JobApi.Lifecycle.Commit;

/// <summary>Limits of one flush of a <see cref="BatchQueue{TItem, TResult}"/>, and of all waiting items.</summary>
/// <param name="Weight">Maximum weight of one flush; a heavier item is flushed alone.</param>
public sealed record BatchLimits(int Weight)
{
    /// <summary>Maximum size of one flush; a larger item is flushed alone.</summary>
    public long Bytes { get; init; } = 16 << 20;

    /// <summary>More items than the database can write within a caller's timeout; further items are refused immediately.</summary>
    public long WaitingWeight { get; init; } = 50_000;

    public long WaitingBytes { get; init; } = 64 << 20;
}
