using System.Collections.Concurrent;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>
/// Which messages this instance and others want to hear. It matters where instances have no broker in common; a broker knows it by its queues.
/// </summary>
public sealed class WantedMessages(TimeProvider time)
{
    /// <summary>How long another instance is taken to want a message after it has said so.</summary>
    static readonly TimeSpan validFor = TimeSpan.FromSeconds(5);

    /// <summary>How often an instance says so.</summary>
    internal static readonly TimeSpan Repeat = validFor / 2.5;

    readonly ConcurrentDictionary<string, long> elsewhere = new();
    readonly Lock sync = new();
    readonly Dictionary<string, int> here = [];

    /// <summary>This instance has begun to want a message.</summary>
    internal event Action? Added;

    /// <summary>Messages of other instances may have been lost.</summary>
    public event Action? Interrupted;

    /// <summary>
    /// Asks other instances for a message until the result is disposed. What they publish in the milliseconds until they hear of it does not come.
    /// </summary>
    public IDisposable Want<T>() where T : class
    {
        var name = typeof(T).Name;
        bool isFirst;
        lock (sync)
        {
            here[name] = here.GetValueOrDefault(name) + 1;
            isFirst = here[name] == 1;
        }
        if (isFirst)
        {
            Added?.Invoke();
        }
        return new Wish(this, name);
    }

    /// <summary>What this instance wants.</summary>
    internal IReadOnlyList<string> Here
    {
        get
        {
            lock (sync)
            {
                return [.. here.Keys];
            }
        }
    }

    internal bool IsWantedElsewhere(string name) => elsewhere.TryGetValue(name, out var at) && time.GetElapsedTime(at) < validFor;

    internal void Hear(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            elsewhere[name] = time.GetTimestamp();
        }
    }

    internal void Interrupt() => Interrupted?.Invoke();

    void Remove(string name)
    {
        lock (sync)
        {
            if (--here[name] == 0)
            {
                here.Remove(name);
            }
        }
    }

    sealed class Wish(WantedMessages wanted, string name) : IDisposable
    {
        WantedMessages? wanted = wanted;

        public void Dispose() => Interlocked.Exchange(ref wanted, null)?.Remove(name);
    }
}
