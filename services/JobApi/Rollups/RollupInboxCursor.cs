namespace JobSystem.JobApi.Rollups;

/// <summary>
/// Where a table is entered whose rows come at one end and go at the other. Before that place lie entries of rows that are gone, which
/// the database cannot remove while somebody else's long transaction might still see them. A commit may be late with its number, so the
/// place is some time behind, and now and then the whole table is gone through.
/// </summary>
sealed class RollupInboxCursor(TimeProvider time)
{
    static readonly TimeSpan lateCommits = TimeSpan.FromSeconds(15);
    static readonly TimeSpan betweenWholeLooks = TimeSpan.FromMinutes(2);
    long wholeLookAt = long.MinValue;
    long movedAt = time.GetTimestamp();
    long from, next, last;

    public long Enter()
    {
        if (wholeLookAt == long.MinValue || time.GetElapsedTime(wholeLookAt) >= betweenWholeLooks)
        {
            wholeLookAt = time.GetTimestamp();
            return 0;
        }
        return from;
    }

    public void Passed(long id)
    {
        last = Math.Max(last, id);
        if (time.GetElapsedTime(movedAt) >= lateCommits)
        {
            (from, next, movedAt) = (next, last, time.GetTimestamp());
        }
    }
}
