using JobSystem.ServiceDefaults.Caching;
using JobSystem.Support;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class BoundedCacheTests
{
    [Fact]
    public async Task Set_Full_KeepsTheLimitAndMakesRoom()
    {
        var cache = new BoundedCache<int, string>(100);
        foreach (var key in Enumerable.Range(0, 1000))
        {
            cache.Set(key, $"{key}");
        }

        Assert.InRange(Enumerable.Range(0, 1000).Count(x => cache.TryGet(x, out _)), 50, 100);
        await Eventually.Holds(() =>
        {
            cache.Set(2000, "new");
            return Task.FromResult(cache.TryGet(2000, out _));
        });
    }

    [Fact]
    public async Task GetOrAdd_Concurrently_CreatesOneValue()
    {
        var cache = new BoundedCache<string, object>(10);

        var values = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => cache.GetOrAdd("key", () => new object()))));

        Assert.Single(values.Distinct());
    }

    [Fact]
    public void GetOrAdd_Stale_ReplacesTheValue()
    {
        var cache = new BoundedCache<string, int>(10);
        cache.Set("key", 1);

        Assert.Equal(1, cache.GetOrAdd("key", () => 2, x => x == 1));
        Assert.Equal(2, cache.GetOrAdd("key", () => 2, x => x == 2));
        Assert.Equal(2, cache.GetOrAdd("key", () => 3));
    }

    [Fact]
    public void Remove_RemovesThatEntry()
    {
        var cache = new BoundedCache<(string Owner, int Id), string>(10);
        cache.Set(("a", 1), "one");
        cache.Set(("a", 2), "two");
        cache.Set(("b", 1), "three");

        cache.Remove(("a", 1));
        Assert.Equal((false, true), (cache.TryGet(("a", 1), out _), cache.TryGet(("a", 2), out _)));
        cache.RemoveAll(x => x.Owner == "a");
        Assert.Equal((false, true), (cache.TryGet(("a", 2), out _), cache.TryGet(("b", 1), out _)));
        cache.Clear();
        Assert.False(cache.TryGet(("b", 1), out _));
    }
}
