namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>
/// This host's time of day for the database in a file, which has no clock of its own. A clock that is set forward, or a host that slept, is
/// followed at once, so that nothing is late. One that is set back is followed slowly: time never goes back, and what waits is at most
/// a tenth late.
/// </summary>
public sealed class SteadyTime : TimeProvider
{
    /// <summary>Rate at which time advances here after the clock was set back, until the clock has caught up.</summary>
    const double Slow = 0.9;
    readonly TimeProvider host;
    readonly Lock turn = new();
    DateTimeOffset last;
    long lastTimestamp;

    public SteadyTime(TimeProvider host)
    {
        this.host = host;
        (last, lastTimestamp) = (host.GetUtcNow(), host.GetTimestamp());
    }

    public override long TimestampFrequency => host.TimestampFrequency;

    public override long GetTimestamp() => host.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => host.CreateTimer(callback, state, dueTime, period);

    public override DateTimeOffset GetUtcNow()
    {
        lock (turn)
        {
            var (said, timestamp) = (host.GetUtcNow(), host.GetTimestamp());
            var slowly = last + (host.GetElapsedTime(lastTimestamp, timestamp) * Slow);
            (last, lastTimestamp) = (said > slowly ? said : slowly, timestamp);
            return last;
        }
    }
}
