namespace JobSystem.JobApi.Storage;

/// <summary>Moves what commits have counted into the rollups. One transaction each.</summary>
public interface IRollupStore
{
    /// <summary>Adds at most <paramref name="limit"/> rows of the inbox to the rollups and removes them. Returns how many; 0 as well when another process is at it.</summary>
    Task<int> Fold(int limit, CancellationToken cancellationToken);

    /// <summary>Removes rollups from before these times.</summary>
    Task Purge(DateTimeOffset minutesBefore, DateTimeOffset hoursBefore, CancellationToken cancellationToken);
}
