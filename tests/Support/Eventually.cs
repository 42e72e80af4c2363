using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JobSystem.Support;

/// <summary>Waits for what other processes bring about; asks often at first, then every 100 ms.</summary>
public static class Eventually
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Returns once <paramref name="condition"/> is true; fails after <paramref name="within"/> (default 60 s).</summary>
    public static Task Holds(Func<bool> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Holds(() => Task.FromResult(condition()), within, what);

    /// <inheritdoc cref="Holds(Func{bool}, TimeSpan?, string)"/>
    public static async Task Holds(Func<Task<bool>> condition, TimeSpan? within = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var clock = Stopwatch.StartNew();
        for (var pause = 5; !await condition(); pause = Math.Min(pause * 2, 100))
        {
            if (clock.Elapsed > (within ?? Patience))
            {
                throw new TimeoutException($"not true within {within ?? Patience}: {what}");
            }

            await Task.Delay(pause);
        }
    }

    /// <summary>Returns the first value that is not null; fails after <paramref name="within"/> (default 60 s).</summary>
    public static async Task<T> Gets<T>(Func<Task<T?>> read, TimeSpan? within = null, [CallerArgumentExpression(nameof(read))] string what = "")
        where T : class
    {
        T? value = null;
        await Holds(async () => (value = await read()) is not null, within, what);
        return value!;
    }

    /// <summary>Returns once <paramref name="assertions"/> throws nothing; after <paramref name="within"/> (default 60 s) its last exception is the failure.</summary>
    public static async Task Passes(Func<Task> assertions, TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        for (var pause = 5; ; pause = Math.Min(pause * 2, 100))
        {
            try
            {
                await assertions();
                return;
            }
            catch (Exception) when (clock.Elapsed < (within ?? Patience))
            {
                await Task.Delay(pause);
            }
        }
    }
}
