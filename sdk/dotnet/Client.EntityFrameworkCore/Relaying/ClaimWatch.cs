namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>
/// Tells claims whose relay has vanished: the same claim was there for a whole lease. That needs no clock but this process's own, since a claim's name is used
/// once.
/// </summary>
sealed class ClaimWatch(TimeSpan lease, TimeProvider time)
{
    /// <summary>When each claim was first seen.</summary>
    Dictionary<string, long> seen = [];

    /// <summary>Returns the claims that are abandoned.</summary>
    /// <param name="claims">Those that there are now.</param>
    public List<string> Abandoned(IReadOnlyList<string> claims)
    {
        var now = time.GetTimestamp();
        seen = claims.ToDictionary(x => x, x => seen.GetValueOrDefault(x, now));
        return [.. claims.Where(x => time.GetElapsedTime(seen[x], now) >= lease)];
    }
}
