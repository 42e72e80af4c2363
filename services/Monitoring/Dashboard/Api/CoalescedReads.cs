using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Caching;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>
/// Shares responses between the open pages of one person: pages load at the same moment, when the same events arrive. A response is shared until
/// the next events, for at most a second. The credential is part of the key, so nobody sees a response to another person's call.
/// </summary>
sealed class CoalescedReads(TimeProvider time)
{
    const int MaxReads = 10_000;
    static readonly TimeSpan kept = TimeSpan.FromSeconds(1);
    readonly BoundedCache<(Credential Credential, string Path), SharedRead> reads = new(MaxReads);

    public async Task<T> Get<T>(Credential credential, string path, Func<Task<T>> read)
    {
        var now = time.GetTimestamp();
        var shared = reads.GetOrAdd((credential, path), () => new(now, new(read)), known => time.GetElapsedTime(known.At, now) < kept);
        return await (Task<T>)shared.Response.Value;
    }

    public void ForgetAll() => reads.Clear();

    /// <summary>Drops the responses to one person, who has changed something.</summary>
    public void Forget(Credential credential) => reads.RemoveAll(x => x.Credential == credential);

    sealed record SharedRead(long At, Lazy<Task> Response);
}
