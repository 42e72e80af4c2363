using JobSystem.Worker.Running;

namespace JobSystem.Worker.Intake;

/// <summary>
/// Determines how many attempts are claimed ahead of free slots: as many as end while a claim is under way. Otherwise a slot would wait
/// for a claim after each short attempt. It is 0 while attempts last so long that those that were claimed ahead would not start in time, and
/// always with one slot: then attempts start exactly in the order of their tickets.
/// </summary>
sealed class ClaimAhead(SlotScheduler slots, TimeProvider time)
{
    const int Most = 512;

    /// <summary>A claim that takes longer is not caused by the distance but by a backlog, which more claims would only increase.</summary>
    static readonly TimeSpan longestClaim = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan idleAfter = TimeSpan.FromSeconds(1);
    readonly double lowestRate = slots.Slots == 1 ? double.PositiveInfinity : slots.Slots / Attempts.LongestWait.TotalSeconds;

    readonly Lock sync = new();
    long measuredAt = time.GetTimestamp();
    int ended;
    double rate;
    TimeSpan claimTime;

    /// <summary>A claim was granted after this time.</summary>
    public void AddClaim(TimeSpan took)
    {
        lock (sync)
        {
            claimTime = claimTime == TimeSpan.Zero ? took : (claimTime * 0.9) + (took * 0.1);
        }
    }

    /// <summary>An attempt has ended.</summary>
    public void AddEnd()
    {
        int count;
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
            var span = claimTime < longestClaim ? claimTime : longestClaim;
            count = rate < lowestRate ? 0 : (int)Math.Min(Most, Math.Round(rate * span.TotalSeconds));
        }
        slots.SetAhead(count);
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

    /// <summary>Attempts that were claimed ahead did not start in time: the attempts have become longer.</summary>
    public void Reset()
    {
        lock (sync)
        {
            (rate, ended, measuredAt) = (0, 0, time.GetTimestamp());
        }
        slots.SetAhead(0);
    }
}
