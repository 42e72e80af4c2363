namespace JobSystem.Testing.Clock;

/// <summary>
/// The time of day of a test. Timers elapse in real time, so that the pauses and polls of the system go on while the test's clock stands still.
/// </summary>
/// <param name="test">The test's clock.</param>
/// <param name="timestamps">What measures how long something takes.</param>
sealed class PartialClock(TestClock test, TimeProvider timestamps) : TimeProvider
{
    public override long TimestampFrequency => timestamps.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => test.GetUtcNow();

    public override long GetTimestamp() => timestamps.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime, period);
}
