using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Caching;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>
/// What several open pages of one person ask for between two beats with news, or within a second, is asked once: they hear of changes at the same moment. The credential is part of the
/// key, so nobody is shown what somebody else may see.
/// </summary>
sealed class CoalescedReads(TimeProvider time)
{
    const int MaxReads = 10_000;
    static readonly TimeSpan kept = TimeSpan.FromSeconds(1);
    readonly BoundedCache<(Credential Credential, string Path), Reading> reads = new(MaxReads);

    public async Task<T> Get<T>(Credential credential, string path, Func<Task<T>> read)
    {
        var now = time.GetTimestamp();
        var reading = reads.GetOrAdd((credential, path), () => new(now, new(read)), known => time.GetElapsedTime(known.At, now) < kept);
        return await (Task<T>)reading.Answer.Value;
    }

    public void ForgetAll() => reads.Clear();

    /// <summary>The person has changed something, and wants to see it.</summary>
    public void Forget(Credential credential) => reads.RemoveAll(x => x.Credential == credential);

    sealed record Reading(long At, Lazy<Task> Answer);
}
