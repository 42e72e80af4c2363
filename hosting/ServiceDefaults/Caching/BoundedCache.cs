using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Memory;

namespace JobSystem.ServiceDefaults.Caching;

/// <summary>
/// A cache with a maximum number of entries. A new entry that does not fit is not kept; the entries that were not used for longest are then
/// removed, in the background.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "the cache holds memory and nothing else: it has no timer")]
public sealed class BoundedCache<TKey, TValue>(int maxEntries) where TKey : notnull
{
    static readonly MemoryCacheEntryOptions OneEntry = new() { Size = 1 };
    readonly MemoryCache entries = new(new MemoryCacheOptions { SizeLimit = maxEntries });
    readonly Lock sync = new();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value) => entries.TryGetValue(key, out value);

    public void Set(TKey key, TValue value) => entries.Set(key, value, OneEntry);

    /// <summary>
    /// Creates the value if there is none, or none that is <paramref name="fresh"/>. Concurrent callers get the same value.
    /// </summary>
    public TValue GetOrAdd(TKey key, Func<TValue> create, Func<TValue, bool>? fresh = null)
    {
        if (Find(key, fresh, out var known))
        {
            return known;
        }
        lock (sync)
        {
            return Find(key, fresh, out known) ? known : entries.Set(key, create(), OneEntry);
        }
    }

    public void Remove(TKey key) => entries.Remove(key);

    public void RemoveAll(Func<TKey, bool> matches)
    {
        foreach (var key in entries.Keys.Cast<TKey>().Where(matches))
        {
            entries.Remove(key);
        }
    }

    public void Clear() => entries.Clear();

    bool Find(TKey key, Func<TValue, bool>? fresh, [MaybeNullWhen(false)] out TValue value) =>
        entries.TryGetValue(key, out value) && (fresh is null || fresh(value!));
}
