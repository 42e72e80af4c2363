using System.Buffers.Binary;
using System.Security.Claims;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Caching;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>
/// Keeps valid tokens for at most a minute: verifying a signature is costly, and most callers send the same token with every request.
/// Only valid tokens are kept, so that the cache cannot be filled by callers who cannot sign.
/// </summary>
sealed class TokenCache(TimeProvider time)
{
    const int MaxTokens = 10_000;
    static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);
    readonly BoundedCache<(UInt128, UInt128), Entry> entries = new(MaxTokens);

    public ClaimsPrincipal? Find(string token) =>
        entries.TryGet(Hash(token), out var entry) && time.GetUtcNow() < entry.Until ? entry.Caller : null;

    public void Keep(string token, ClaimsPrincipal caller, DateTime expires)
    {
        var now = time.GetUtcNow();
        var end = new DateTimeOffset(expires, TimeSpan.Zero);
        entries.Set(Hash(token), new(caller, end < now + Kept ? end : now + Kept));
    }

    static (UInt128 First, UInt128 Last) Hash(string token)
    {
        Span<byte> hash = stackalloc byte[32];
        ApiKey.HashOf(token, hash);
        return (BinaryPrimitives.ReadUInt128LittleEndian(hash), BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
    }

    sealed record Entry(ClaimsPrincipal Caller, DateTimeOffset Until);
}
