using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Background;

/// <summary>Removes final jobs after their retention in small batches; failures are kept longer for analysis.</summary>
public sealed partial class RetentionKeeper(
    IJobStore store, DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options, ILogger<RetentionKeeper> logger) : BackgroundDuty
{
    const int BatchSize = 1000;
    static readonly TimeSpan interval = TimeSpan.FromMinutes(10);

    /// <summary>Where to continue reading in each state. Each range is read twice, because locked rows are skipped the first time.</summary>
    readonly Dictionary<string, (DateTimeOffset Next, DateTimeOffset Then)> places = [];

    protected override TimeSpan LongestPause => TimeSpan.FromMinutes(1);

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(interval, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken) => RemoveOld(stoppingToken);

    internal async Task<int> RemoveOld(CancellationToken cancellationToken)
    {
        var now = clock.UtcNow;
        var removed = 0;
        foreach (var status in JobStatus.Final)
        {
            var days = status is JobStatus.Completed or JobStatus.Cancelled ? options.Value.RetentionDays : options.Value.RetentionFailedDays;
            removed += await RemoveOld(status, now.AddDays(-days), cancellationToken);
        }
        if (removed > 0)
        {
            LogPurged(removed);
        }
        return removed;
    }

    async Task<int> RemoveOld(string status, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var place = places.TryGetValue(status, out var known) ? known : (Next: DateTimeOffset.UnixEpoch, Then: DateTimeOffset.UnixEpoch);
        var removed = 0;
        // No rows are left before it, but the index may still contain dead entries
        var purged = new Purged(0, place.Next);
        do
        {
            var began = time.GetTimestamp();
            purged = await store.Purge(status, purged.LastEnd, before, BatchSize, cancellationToken);
            removed += purged.Count;
            Progressed();
            // Pauses as long as it worked, to leave half of the database's time to others
            await Task.Delay(time.GetElapsedTime(began), time, cancellationToken);
        }
        while (purged.Count == BatchSize);
        places[status] = (place.Then, before);
        return removed;
    }

    [LoggerMessage(2171, LogLevel.Information, "Removed {Count} jobs past their retention")]
    partial void LogPurged(int count);
}
