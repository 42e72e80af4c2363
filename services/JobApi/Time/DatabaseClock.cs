using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Time;

/// <summary>
/// The database server's time, used for leases and timers so that hosts with different clocks agree. Between two measurements it advances
/// with this host's monotonic clock and is not affected when the host's clock is changed. When the database's clock is changed, all
/// instances follow it at once; no lease expires early because of that, and none lasts longer than one lease.
/// </summary>
public sealed partial class DatabaseClock(IJobStore store, TimeProvider time, IOptions<LifecycleOptions> options, ILogger<DatabaseClock> logger) : BackgroundDuty
{
    static readonly TimeSpan interval = TimeSpan.FromSeconds(5);

    /// <summary>Smaller differences are caused by drift.</summary>
    static readonly TimeSpan smallestStep = TimeSpan.FromSeconds(1);

    /// <summary>Leases from before older clock changes have ended or been renewed.</summary>
    const int MostSteps = 32;
    volatile Reckoning reckoning = new(time.GetUtcNow(), time.GetTimestamp());
    volatile IReadOnlyList<Step> steps = [];
    bool isMeasured;

    /// <summary>Current time, truncated to microseconds like times in the databases.</summary>
    public DateTimeOffset UtcNow
    {
        get
        {
            var now = At(reckoning, time.GetTimestamp());
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        }
    }

    /// <summary>Time by which the clock has been set forward since that moment.</summary>
    public TimeSpan SetForwardSince(DateTimeOffset moment)
    {
        var sum = TimeSpan.Zero;
        foreach (var step in steps)
        {
            sum += moment <= step.Before ? step.Size : TimeSpan.Zero;
        }
        return sum;
    }

    /// <summary>The first measurement is made immediately.</summary>
    protected override Task Wait(CancellationToken stoppingToken) => isMeasured ? Task.Delay(interval, time, stoppingToken) : Task.CompletedTask;

    /// <summary>If it fails, the time keeps advancing with the monotonic clock.</summary>
    protected override async Task Work(CancellationToken stoppingToken)
    {
        await Measure(stoppingToken);
        isMeasured = true;
    }

    internal async Task Measure(CancellationToken cancellationToken)
    {
        var before = time.GetTimestamp();
        var there = await store.Now(cancellationToken);
        var uncertainty = time.GetElapsedTime(before) / 2;
        var reckoned = At(reckoning, before) + uncertainty;
        var difference = there - reckoned;
        // A slow response is imprecise: a difference within its uncertainty is ignored, or instances on one host would drift apart
        if (difference.Duration() <= uncertainty)
        {
            return;
        }
        if (difference >= smallestStep)
        {
            RememberStep(reckoned, difference);
        }
        reckoning = new(there - uncertainty, before);
        if (difference.Duration() >= smallestStep)
        {
            LogSet(difference);
        }
        if (difference <= -smallestStep)
        {
            await store.ShortenLeases(options.Value.Lease, cancellationToken);
        }
    }

    /// <summary>Instances detect a clock change at different times; until then, some still write times of the old clock.</summary>
    void RememberStep(DateTimeOffset reckoned, TimeSpan size)
    {
        var lateness = interval * 2 < size / 2 ? interval * 2 : size / 2;
        steps = [.. steps.TakeLast(MostSteps - 1), new(reckoned + lateness, size)];
    }

    DateTimeOffset At(Reckoning from, long timestamp) => from.At + time.GetElapsedTime(from.Timestamp, timestamp);

    [LoggerMessage(2131, LogLevel.Warning, "The database clock was changed by {Difference}; leases are not affected")]
    partial void LogSet(TimeSpan difference);

    /// <summary>The database's time at a reading of the monotonic clock.</summary>
    sealed record Reckoning(DateTimeOffset At, long Timestamp);

    /// <summary>The clock was set forward by <paramref name="Size"/>; times up to <paramref name="Before"/> are of the old clock.</summary>
    sealed record Step(DateTimeOffset Before, TimeSpan Size);
}
