using System.Collections.Concurrent;
using JobSystem.Monitoring.Dashboard.SignIn;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>
/// What several open pages of one person ask for between two beats with news, or within a second, is asked once: they hear of changes at the same moment. The credential is part of the
/// key, so nobody is shown what somebody else may see.
/// </summary>
sealed class CoalescedReads(TimeProvider time)
{
    const int Most = 10_000;
    static readonly TimeSpan kept = TimeSpan.FromSeconds(1);
    readonly ConcurrentDictionary<(Credential Credential, string Path), Reading> reads = new();

    public async Task<T> Get<T>(Credential credential, string path, Func<Task<T>> read)
    {
        if (reads.Count > Most)
        {
            reads.Clear();
        }
        var now = time.GetTimestamp();
        var reading = reads.AddOrUpdate((credential, path), _ => new(now, new(read)), (_, known) => time.GetElapsedTime(known.At, now) < kept ? known : new(now, new(read)));
        return await (Task<T>)reading.Answer.Value;
    }

    public void ForgetAll() => reads.Clear();

    /// <summary>The person has changed something, and wants to see it.</summary>
    public void Forget(Credential credential)
    {
        foreach (var key in reads.Keys.Where(x => x.Credential == credential))
        {
            reads.TryRemove(key, out _);
        }
    }

    sealed record Reading(long At, Lazy<Task> Answer);
}
