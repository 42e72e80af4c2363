namespace JobSystem.JobApi.Storage;

/// <summary>Moves what commits have counted into the rollups. One transaction each.</summary>
public interface IRollupStore
{
    /// <summary>Adds up to <paramref name="limit"/> rows of the inbox to the rollups and removes them. Returns their number; 0 if another process is doing so.</summary>
    Task<int> Fold(int limit, CancellationToken cancellationToken);

    /// <summary>Removes rollups from before these times.</summary>
    Task Purge(DateTimeOffset minutesBefore, DateTimeOffset hoursBefore, CancellationToken cancellationToken);
}
