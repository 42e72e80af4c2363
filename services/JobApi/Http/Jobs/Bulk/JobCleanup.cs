using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>Removes old jobs on request, in small batches. Failures are kept unless requested explicitly.</summary>
public sealed partial class JobCleanup(IJobStore store, DatabaseClock clock, TimeProvider time, ILogger<JobCleanup> logger)
{
    const int BatchSize = 500;
    static readonly TimeSpan betweenBites = TimeSpan.FromMilliseconds(5);

    public static readonly IReadOnlyList<string> DefaultStatuses = [Contracts.JobStatus.Completed, Contracts.JobStatus.Cancelled, Contracts.JobStatus.Expired];

    /// <summary>Starts it. It continues even if the caller stops waiting.</summary>
    public Removal Begin(IReadOnlyList<string> statuses, int daysOld)
    {
        var removal = new Removal();
        removal.Done = Run(statuses, clock.UtcNow.AddDays(-daysOld), removal);
        _ = removal.Done.ContinueWith(
            x => LogStopped(x.Exception!, removal.Deleted),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return removal;
    }

    async Task Run(IReadOnlyList<string> statuses, DateTimeOffset before, Removal removal)
    {
        foreach (var status in statuses)
        {
            var purged = new Purged(0, DateTimeOffset.UnixEpoch);
            while ((purged = await store.Purge(status, purged.LastEnd, before, BatchSize, CancellationToken.None)).Count > 0)
            {
                removal.Deleted += purged.Count;
                await Task.Delay(betweenBites, time);
            }
        }
    }

    [LoggerMessage(2401, LogLevel.Warning, "Clean-up stopped after {Count} jobs; request it again")]
    partial void LogStopped(Exception exception, long count);
}

/// <summary>A running clean-up and its progress.</summary>
public sealed class Removal
{
    long deleted;

    public Task Done { get; internal set; } = Task.CompletedTask;

    /// <summary>Jobs so far.</summary>
    public long Deleted
    {
        get => Volatile.Read(ref deleted);
        internal set => Volatile.Write(ref deleted, value);
    }
}
