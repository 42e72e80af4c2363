using JobSystem.Worker.Running;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Intake;

/// <summary>
/// Determines how many attempts are requested beyond free slots: as many as end within <see cref="RoundTrip"/>. Otherwise a slot would wait for a
/// response after each short attempt. It is 0 while attempts last so long that those that were requested in advance would not start in time, and
/// always with one slot: then attempts start exactly in the order of the queue.
/// </summary>
sealed class Prefetch(IOptions<JobWorkerOptions> options, TimeProvider time)
{
    const int Most = 512;

    /// <summary>
    /// 50 ms: as long as a request and its response take under load. It is half of <see cref="Attempts.LongestWait"/>, so that attempts still
    /// start in time when they have become twice as long as those that were measured.
    /// </summary>
    public static readonly TimeSpan RoundTrip = Attempts.LongestWait / 2;

    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan idleAfter = TimeSpan.FromSeconds(1);
    readonly double lowestRate =
        options.Value.Slots == 1 ? double.PositiveInfinity : options.Value.Slots / Attempts.LongestWait.TotalSeconds;

    readonly Lock sync = new();
    long measuredAt = time.GetTimestamp();
    int ended;
    double rate;
    volatile int count;

    /// <summary>How many attempts are requested beyond free slots.</summary>
    public int Count => count;

    /// <summary>An attempt has ended.</summary>
    public void AddEnd()
    {
        lock (sync)
        {
            ended++;
            var elapsed = time.GetElapsedTime(measuredAt);
            if (elapsed < interval)
            {
                return;
            }
            // After a pause the measured rate is too low, and the next interval corrects that
            rate = (rate + (ended / elapsed.TotalSeconds)) / 2;
            (ended, measuredAt) = (0, time.GetTimestamp());
            count = rate < lowestRate ? 0 : (int)Math.Min(Most, Math.Round(rate * RoundTrip.TotalSeconds));
        }
    }

    /// <summary>Called now and then: what was measured before a pause says nothing about what comes after it.</summary>
    public void Check()
    {
        lock (sync)
        {
            if (rate == 0 || time.GetElapsedTime(measuredAt) < idleAfter)
            {
                return;
            }
        }
        Reset();
    }

    /// <summary>Attempts that were requested in advance did not start in time: the attempts have become longer.</summary>
    public void Reset()
    {
        lock (sync)
        {
            (rate, ended, measuredAt, count) = (0, 0, time.GetTimestamp(), 0);
        }
    }
}
