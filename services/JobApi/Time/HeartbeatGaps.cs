using JobSystem.JobApi.Lifecycle;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Time;

/// <summary>
/// The times in which this process could not handle heartbeats, because the database, the broker or the process itself stood still. The heartbeats of live
/// workers wait in the broker meanwhile, and the timers of their leases are often faster when everything is back. So these times do not count towards a
/// lease: an attempt is lost only when its worker was silent for a whole lease in which it could have been heard.
/// </summary>
/// <param name="clock">The database's time, in which leases are kept.</param>
/// <param name="time">The monotonic clock.</param>
/// <param name="options">How often due jobs are polled at least.</param>
/// <param name="isOnlyInstance">No worker of an earlier process is there that could send a heartbeat.</param>
public sealed class HeartbeatGaps(DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options, bool isOnlyInstance) : IReceiveEndpointObserver
{
    /// <summary>Heartbeats that take longer than this to handle indicate a problem.</summary>
    static readonly TimeSpan quick = TimeSpan.FromSeconds(1);

    /// <summary>Leases from before older gaps have ended or been renewed.</summary>
    const int MostGaps = 32;
    readonly Lock sync = new();
    readonly List<Gap> gaps = [];
    readonly Dictionary<long, long> underWay = [];
    readonly TimeSpan longestBetweenPolls = TimeSpan.FromSeconds(options.Value.ScanSeconds) + quick;
    readonly long startedAt = time.GetTimestamp();
    long nextTurn;
    long? polledAt;

    /// <summary>Since when the receive endpoint has not been connected; null while it is. At startup, earlier heartbeats may be waiting in the broker.</summary>
    long? disconnectedAt = isOnlyInstance ? null : long.MinValue;

    /// <summary>When the first heartbeat failed since the last success; null if none did.</summary>
    long? failedAt;

    /// <summary>How much of the time since a moment (of the database's clock) lies in gaps.</summary>
    /// <param name="moment">When a lease was given or renewed, or a worker was last heard of.</param>
    /// <param name="whileRunning">Leaves out the time before this process started.</param>
    public TimeSpan Since(DateTimeOffset moment, bool whileRunning = false)
    {
        lock (sync)
        {
            if (gaps.Count == 0 && disconnectedAt is null && failedAt is null && underWay.Count == 0)
            {
                return TimeSpan.Zero;
            }
            var now = time.GetTimestamp();
            var from = now - (long)((clock.UtcNow - moment).TotalSeconds * time.TimestampFrequency);
            from = whileRunning && from < startedAt ? startedAt : from;
            var open = OpenSince(now) is { } begin ? Overlap(new(begin, now), from) : 0;
            return TimeSpan.FromSeconds((gaps.Sum(x => Overlap(x, from)) + open) / (double)time.TimestampFrequency);
        }
    }

    /// <summary>Called after due jobs were read. If the previous read was too long ago, there was an outage or the process was suspended.</summary>
    public void Polled()
    {
        lock (sync)
        {
            var now = time.GetTimestamp();
            if (polledAt is { } before && time.GetElapsedTime(before, now) > longestBetweenPolls)
            {
                Add(before, now);
            }
            polledAt = now;
        }
    }

    /// <summary>Handles a heartbeat and records its duration and failure.</summary>
    public async Task Watch(Func<Task> handle)
    {
        long turn, began;
        lock (sync)
        {
            (turn, began) = (nextTurn++, time.GetTimestamp());
            underWay[turn] = began;
        }
        var succeeded = false;
        try
        {
            await handle();
            succeeded = true;
        }
        finally
        {
            Handled(turn, began, succeeded);
        }
    }

    Task IReceiveEndpointObserver.Ready(ReceiveEndpointReady ready)
    {
        lock (sync)
        {
            if (disconnectedAt is { } begin)
            {
                Add(begin, time.GetTimestamp());
            }
            disconnectedAt = null;
        }
        return Task.CompletedTask;
    }

    Task IReceiveEndpointObserver.Faulted(ReceiveEndpointFaulted faulted)
    {
        lock (sync)
        {
            disconnectedAt ??= time.GetTimestamp();
        }
        return Task.CompletedTask;
    }

    Task IReceiveEndpointObserver.Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    void Handled(long turn, long began, bool succeeded)
    {
        lock (sync)
        {
            underWay.Remove(turn);
            var since = failedAt < began ? failedAt.Value : began;
            failedAt = succeeded ? null : since;
            if (succeeded && time.GetElapsedTime(since) > quick)
            {
                Add(since, time.GetTimestamp());
            }
        }
    }

    /// <summary>Beginning of the current gap; null if there is none.</summary>
    long? OpenSince(long now)
    {
        var begin = Math.Min(disconnectedAt ?? now, failedAt ?? now);
        foreach (var began in underWay.Values)
        {
            begin = began < begin && time.GetElapsedTime(began, now) > quick ? began : begin;
        }
        return begin < now ? begin : null;
    }

    /// <summary>Gaps are kept in order and apart from each other.</summary>
    void Add(long begin, long end)
    {
        while (gaps.Count > 0 && gaps[^1].End >= begin)
        {
            begin = Math.Min(begin, gaps[^1].Begin);
            gaps.RemoveAt(gaps.Count - 1);
        }
        gaps.Add(new(begin, end));
        if (gaps.Count > MostGaps)
        {
            gaps.RemoveAt(0);
        }
    }

    static long Overlap(Gap gap, long from) => Math.Max(0, gap.End - Math.Max(gap.Begin, from));

    /// <summary>Two readings of the monotonic clock.</summary>
    readonly record struct Gap(long Begin, long End);
}
