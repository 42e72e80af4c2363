using System.Collections.Concurrent;
using JobSystem.Monitoring.Dashboard.SignIn;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>
/// Shares responses between the open pages of one person: pages load at the same moment, when the same events arrive. A response is shared until
/// the next events, for at most a second. The credential is part of the key, so nobody sees a response to another person's call.
/// </summary>
sealed class CoalescedReads(TimeProvider time)
{
    const int Most = 10_000;
    static readonly TimeSpan kept = TimeSpan.FromSeconds(1);
    readonly ConcurrentDictionary<(Credential Credential, string Path), SharedRead> reads = new();

    public async Task<T> Get<T>(Credential credential, string path, Func<Task<T>> read)
    {
        if (reads.Count > Most)
        {
            reads.Clear();
        }
        var now = time.GetTimestamp();
        var shared = reads.AddOrUpdate(
            (credential, path),
            _ => new(now, new(read)),
            (_, known) => time.GetElapsedTime(known.At, now) < kept ? known : new(now, new(read)));
        return await (Task<T>)shared.Response.Value;
    }

    public void ForgetAll() => reads.Clear();

    /// <summary>Drops the responses to one person, who has changed something.</summary>
    public void Forget(Credential credential)
    {
        foreach (var key in reads.Keys.Where(x => x.Credential == credential))
        {
            reads.TryRemove(key, out _);
        }
    }

    sealed record SharedRead(long At, Lazy<Task> Response);
}
