namespace JobSystem.JobApi.Tests.Lifecycle;

/// <summary>A host's time of day, which can be set, and its monotonic clock, which goes on.</summary>
sealed class HostClock(DateTimeOffset now) : TimeProvider
{
    TimeSpan sinceBoot;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => sinceBoot.Ticks;

    public override DateTimeOffset GetUtcNow() => now;

    public void Set(TimeSpan by) => now += by;

    public void Advance(TimeSpan by) => (now, sinceBoot) = (now + by, sinceBoot + by);
}
