using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Background;

/// <summary>
/// Raises <see cref="TimerElapsed"/> for rows whose <c>due_at</c> has passed: delays, retries, expiry, work for broadcasts, expired
/// leases, deadlines and cancel grace periods. Every instance polls; the state machine ignores duplicates.
/// </summary>
public sealed class DueJobPoller(
    IJobStore store, JobEventProcessor processor, JobEffects effects, DueJobSignal signal, DatabaseClock clock, HeartbeatGaps gaps, TimeProvider time,
    IOptions<LifecycleOptions> options) : BackgroundDuty
{
    const int Batch = 500;
    static readonly TimeSpan shortest = TimeSpan.FromMilliseconds(2);
    static readonly TimeSpan afterTrouble = TimeSpan.FromSeconds(1);
    readonly TimeSpan longest = TimeSpan.FromSeconds(options.Value.ScanSeconds);

    /// <summary>A row may be committed after its timer has passed, but not later than this. Exceptions are found when all timers are read.</summary>
    static readonly TimeSpan lateCommits = TimeSpan.FromSeconds(5);
    static readonly TimeSpan betweenWholeLooks = TimeSpan.FromMinutes(1);
    bool isEmpty;

    /// <summary>No known timer is earlier.</summary>
    DateTimeOffset earliest = DateTimeOffset.UnixEpoch;
    long wholeLookAt = long.MinValue;
    TimeSpan wholeLookTook;

    protected override bool IsVital => true;

    protected override TimeSpan LongestPause => afterTrouble;

    protected override Task Wait(CancellationToken stoppingToken) => isEmpty ? Sleep(stoppingToken) : Task.CompletedTask;

    protected override async Task Work(CancellationToken stoppingToken) => isEmpty = await RaiseDue(stoppingToken) < Batch;

    async Task<int> RaiseDue(CancellationToken stoppingToken)
    {
        var due = await Due(stoppingToken);
        if (due.Where(x => x.IsWaiting).Select(x => x.Id).ToList() is { Count: > 0 } waiting)
        {
            await store.DisarmWaiting(waiting, clock.UtcNow, stoppingToken);
        }
        var raised = due.Where(x => !x.IsWaiting).Select(x => processor.Raise(new TimerElapsed(x.Id), stoppingToken, apply: false)).ToList();
        await Task.WhenAll(raised).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        foreach (var decided in raised.Where(x => x.IsCompletedSuccessfully))
        {
            effects.Apply(await decided);
        }
        // Throws if one failed, so that the poller pauses
        await Task.WhenAll(raised);
        return due.Count;
    }

    /// <summary>
    /// Starts reading at the earliest known timer. Index entries before it are dead; while a long transaction prevents PostgreSQL from removing
    /// them, there may be millions. So the whole index is read only now and then, and less often the longer that takes.
    /// </summary>
    async Task<IReadOnlyList<DueJob>> Due(CancellationToken stoppingToken)
    {
        var (now, began) = (clock.UtcNow, time.GetTimestamp());
        var pause = wholeLookTook * 50 > betweenWholeLooks ? wholeLookTook * 50 : betweenWholeLooks;
        var whole = wholeLookAt == long.MinValue || now < earliest || time.GetElapsedTime(wholeLookAt) >= pause;
        var due = await store.Due(whole ? DateTimeOffset.UnixEpoch : earliest, now, Batch, stoppingToken);
        gaps.Polled();
        if (whole)
        {
            (wholeLookAt, wholeLookTook) = (time.GetTimestamp(), time.GetElapsedTime(began));
        }
        var passed = now - lateCommits;
        earliest = due.Count > 0 && due[0].DueAt < passed ? due[0].DueAt : passed;
        return due;
    }

    async Task Sleep(CancellationToken stoppingToken)
    {
        // Before the query, so that a timer that is written meanwhile still wakes the poller
        signal.Reset();
        var next = await store.NextDue(earliest, stoppingToken);
        var wait = next is null ? longest : next.Value - clock.UtcNow;
        // A timer is overdue but could not be handled
        wait = wait <= TimeSpan.Zero ? afterTrouble / 4 : wait > longest ? longest : wait + shortest;
        await signal.Wait(clock.UtcNow + wait, wait, stoppingToken);
    }
}
