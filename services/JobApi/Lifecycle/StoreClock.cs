using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// The database's time, by this host's clock plus the difference that was last measured: leases and timers of several hosts
/// agree even when their clocks do not.
/// </summary>
public sealed class StoreClock(IJobStore store, TimeProvider time) : BackgroundService
{
    static readonly TimeSpan interval = TimeSpan.FromSeconds(15);
    long offsetTicks;

    /// <summary>To the microsecond, as the databases keep it: what was just written reads back the same.</summary>
    public DateTimeOffset UtcNow
    {
        get
        {
            var now = time.GetUtcNow().AddTicks(Interlocked.Read(ref offsetTicks));
            return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            try
            {
                await Measure(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The database is away; readiness says so, and the last difference still holds
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task Measure(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow();
        var there = await store.Now(cancellationToken);
        var after = time.GetUtcNow();
        var uncertainty = (after - before) / 2;
        var difference = there - before - uncertainty;
        // A slow answer says little: what agrees with the last difference leaves it alone, or instances on one host would drift apart
        if ((difference - TimeSpan.FromTicks(Interlocked.Read(ref offsetTicks))).Duration() > uncertainty)
        {
            Interlocked.Exchange(ref offsetTicks, difference.Ticks);
        }
    }
}
