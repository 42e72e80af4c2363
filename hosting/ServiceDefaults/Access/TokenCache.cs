using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Claims;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>
/// Tokens that were found valid, for a minute at most: a signature is costly, and most callers send the same token again and again.
/// Only valid ones are kept, so nobody can fill it without being able to sign.
/// </summary>
internal sealed class TokenCache(TimeProvider time)
{
    private const int Most = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(UInt128, UInt128), Entry> _entries = new();

    public ClaimsPrincipal? Find(string token)
    {
        var hash = Hash(token);
        return _entries.TryGetValue(hash, out var entry) && time.GetUtcNow() < entry.Until ? entry.Caller : null;
    }

    public void Keep(string token, ClaimsPrincipal caller, DateTime expires)
    {
        if (_entries.Count >= Most)
        {
            _entries.Clear();
        }

        var now = time.GetUtcNow();
        var end = new DateTimeOffset(expires, TimeSpan.Zero);
        _entries[Hash(token)] = new(caller, end < now + Kept ? end : now + Kept);
    }

    private static (UInt128 First, UInt128 Last) Hash(string token)
    {
        Span<byte> hash = stackalloc byte[32];
        ApiKey.HashOf(token, hash);
        return (BinaryPrimitives.ReadUInt128LittleEndian(hash), BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
    }

    private sealed record Entry(ClaimsPrincipal Caller, DateTimeOffset Until);
}
