using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Background;

/// <summary>
/// Reserves waiting jobs for the workers that ask for attempts, and sends them. Every instance does this for the requests that it has received; the claim's
/// statement keeps them apart. While nobody asks or nothing waits, it sleeps.
/// </summary>
public sealed class JobDispatcher : BackgroundDuty, IDisposable
{
    /// <summary>Most jobs of one claim.</summary>
    const int MaxClaim = 500;

    /// <summary>What the jobs of one claim should take in memory at most, if they are as large as those of the claims before.</summary>
    const long MaxClaimBytes = 16 << 20;

    /// <summary>A paused queue may have been resumed on another instance.</summary>
    static readonly TimeSpan whilePaused = TimeSpan.FromSeconds(1);
    static readonly TimeSpan betweenSecondLooks = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan whileChanging = TimeSpan.FromMilliseconds(5);

    readonly IJobStore store;
    readonly WaitingJobs waiting;
    readonly AttemptRequests requests;
    readonly QueueLimitCache queueLimits;
    readonly GrantSender grants;
    readonly PeerInstances peers;
    readonly JobEffects effects;
    readonly DatabaseClock clock;
    readonly TimeProvider time;
    readonly LifecycleOptions options;
    readonly SemaphoreSlim signal = new(0);
    readonly TimeSpan betweenWholeLooks;
    TimeSpan nextLook = Timeout.InfiniteTimeSpan;
    long jobBytes = 1024;
    long? wholeLookAt;
    long? lookedAgainAt;
    bool isWholeLook;
    TimeSpan wholeLookTook;

    public JobDispatcher(
        IJobStore store, WaitingJobs waiting, AttemptRequests requests, QueueLimitCache queueLimits, GrantSender grants, PeerInstances peers,
        JobEffects effects, DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options)
    {
        (this.store, this.waiting, this.requests, this.queueLimits, this.grants, this.peers) = (store, waiting, requests, queueLimits, grants, peers);
        (this.effects, this.clock, this.time, this.options) = (effects, clock, time, options.Value);
        betweenWholeLooks = TimeSpan.FromSeconds(options.Value.ScanSeconds);
        waiting.OnAdded = Wake;
        requests.OnAdded = Wake;
        JobMetrics.ObserveRequests(() => requests.Wanted);
    }

    protected override bool IsVital => true;

    protected override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected override async Task Wait(CancellationToken stoppingToken)
    {
        await signal.WaitAsync(nextLook, stoppingToken);
        while (signal.Wait(0, CancellationToken.None))
        {
            // All signals so far are about the state that is read now
        }
    }

    protected override async Task Work(CancellationToken stoppingToken)
    {
        nextLook = Timeout.InfiniteTimeSpan;
        if (requests.Groups() is { Count: > 0 } groups)
        {
            await LookEverywhere(groups, stoppingToken);
            LookAgain();
            foreach (var group in groups)
            {
                await Serve(group, stoppingToken);
            }
            if (waiting.HasPassed)
            {
                LookAgainIn(betweenSecondLooks);
            }
            if (requests.Wanted > 0)
            {
                peers.SayWanted();
                LookAgainIn(PeerInstances.Repeat);
            }
        }
        if (peers.TellWaiting() is { } pause)
        {
            LookAgainIn(pause);
        }
    }

    /// <summary>
    /// Now and then all tasks of the requests are read from the beginning: an instance may have died after it stored a job. While a long transaction keeps
    /// PostgreSQL from removing dead index entries that takes long, and is done less often.
    /// </summary>
    async Task LookEverywhere(List<List<OpenRequest>> groups, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromTicks(Math.Clamp(wholeLookTook.Ticks * 50, betweenWholeLooks.Ticks, betweenWholeLooks.Ticks * 4));
        var elapsed = wholeLookAt is { } last ? time.GetElapsedTime(last) : TimeSpan.MaxValue;
        isWholeLook = elapsed >= pause;
        if (isWholeLook)
        {
            var tasks = await store.QueuedTasks(cancellationToken);
            waiting.AddAll(tasks.Where(task => groups.Exists(x => x[0].Fits(task))));
            (wholeLookAt, wholeLookTook, elapsed) = (time.GetTimestamp(), TimeSpan.Zero, TimeSpan.Zero);
        }
        nextLook = pause - elapsed;
    }

    /// <summary>Twice a second what was passed over because it was locked is looked for once more, whether or not there is enough else.</summary>
    void LookAgain()
    {
        if (lookedAgainAt is not { } last || time.GetElapsedTime(last) >= betweenSecondLooks)
        {
            waiting.LookAgain();
            lookedAgainAt = time.GetTimestamp();
        }
    }

    async Task Serve(List<OpenRequest> group, CancellationToken cancellationToken)
    {
        var levels = waiting.Find(group[0].Fits);
        var pinned = group.Select(x => x.WorkerId).Distinct().ToDictionary(x => x, waiting.FindPinned);
        if (levels.Count == 0 && pinned.Values.All(x => x.Count == 0))
        {
            return;
        }
        var controls = await queueLimits.Current(cancellationToken);
        foreach (var (worker, jobs) in pinned)
        {
            foreach (var queue in jobs.GroupBy(x => x.Queue))
            {
                await ServePinned(group, worker, queue.Key, [.. queue.Select(x => x.JobId)], controls, cancellationToken);
            }
        }
        foreach (var (limitedQueue, part) in InOrder(levels.FindAll(x => IsOpen(controls, x.Level.Task.QueueName)), controls))
        {
            await ServeLevels(group, part, limitedQueue, cancellationToken);
        }
    }

    /// <summary>
    /// One claim for all levels. Queues with limits need claims of their own: then the claims are ordered as their jobs are, by priority and age, so that no queue
    /// takes all that is asked for.
    /// </summary>
    static IEnumerable<(string? LimitedQueue, List<(WaitingLevel Level, DateTimeOffset From)> Levels)> InOrder(
        List<(WaitingLevel Level, DateTimeOffset From)> levels, QueueControls controls)
    {
        if (!levels.Exists(x => controls.HasLimits(x.Level.Task.QueueName)))
        {
            return [(null, levels)];
        }
        return levels.GroupBy(x => (x.Level.Priority, LimitedQueue: controls.HasLimits(x.Level.Task.QueueName) ? x.Level.Task.QueueName : null))
            .OrderByDescending(x => x.Key.Priority).ThenBy(x => x.Min(level => level.From)).ThenBy(x => x.Key.LimitedQueue is null)
            .Select(x => (x.Key.LimitedQueue, x.ToList()));
    }

    /// <summary>False while it is known that nothing of the queue may start.</summary>
    bool IsOpen(QueueControls controls, string queue)
    {
        var (isPaused, isFull) = (controls.IsPaused(queue), controls.HasLimits(queue) && waiting.IsFull(queue));
        if (isPaused || isFull)
        {
            LookAgainIn(isPaused ? whilePaused : WaitingJobs.FullFor);
        }
        return !isPaused && !isFull;
    }

    async Task ServePinned(
        List<OpenRequest> group, string worker, string queue, List<Guid> jobs, QueueControls controls, CancellationToken cancellationToken)
    {
        var places = Places(group.FindAll(x => x.WorkerId == worker));
        if (places.Count == 0 || !IsOpen(controls, queue))
        {
            return;
        }
        var claimed = await Claim(places, new()
        {
            Pinned = jobs,
            Queues = [queue],
            LimitedQueue = controls.HasLimits(queue) ? queue : null,
            Workers = places.ConvertAll(x => x.WorkerId),
            Now = clock.UtcNow,
            LeaseUntil = clock.UtcNow + options.Lease,
        }, cancellationToken);
        if (claimed.Closed.Count == 0 && !claimed.IsFull && claimed.Jobs.Count < places.Count)
        {
            // Those that were not reserved do not wait; if they will, their timers say so
            jobs.ForEach(x => waiting.RemovePinned(worker, x));
            return;
        }
        foreach (var job in claimed.Jobs)
        {
            waiting.RemovePinned(worker, job.CorrelationId);
        }
    }

    async Task ServeLevels(
        List<OpenRequest> group, List<(WaitingLevel Level, DateTimeOffset From)> levels, string? limitedQueue, CancellationToken cancellationToken)
    {
        var places = Places(group);
        if (levels.Count == 0 || places.Count == 0)
        {
            return;
        }
        var began = time.GetTimestamp();
        var claimed = await Claim(places, new()
        {
            Levels = levels,
            Queues = [.. levels.Select(x => x.Level.Task.QueueName).Distinct()],
            LimitedQueue = limitedQueue,
            Workers = places.ConvertAll(x => x.WorkerId),
            Now = clock.UtcNow,
            LeaseUntil = clock.UtcNow + options.Lease,
        }, cancellationToken);
        if (isWholeLook)
        {
            wholeLookTook += time.GetElapsedTime(began);
        }
        var isAll = claimed.Jobs.Count < places.Count && !claimed.IsFull;
        waiting.Advance(levels, claimed, isAll);
        if (!isAll && !claimed.IsFull && claimed.Jobs.Count > 0 && requests.Wanted > 0)
        {
            LookAgainIn(TimeSpan.Zero);
        }
    }

    /// <summary>Requests by turns, so that each gets its share of what there is.</summary>
    List<OpenRequest> Places(List<OpenRequest> group)
    {
        var most = (int)Math.Clamp(MaxClaimBytes / jobBytes, 1, MaxClaim);
        var left = group.Where(x => x.Open > 0).Select(x => (Request: x, x.Open)).ToList();
        var places = new List<OpenRequest>();
        while (left.Count > 0 && places.Count < most)
        {
            places.AddRange(left.Select(x => x.Request));
            left = [.. left.Where(x => x.Open > 1).Select(x => (x.Request, x.Open - 1))];
        }
        return places.Count > most ? places[..most] : places;
    }

    async Task<ClaimedJobs> Claim(List<OpenRequest> places, JobClaim claim, CancellationToken cancellationToken)
    {
        var claimed = await store.Claim(claim, cancellationToken);
        if (claimed.Closed.Count > 0)
        {
            await queueLimits.Refresh(cancellationToken);
            LookAgainIn(whileChanging);
        }
        if (claimed.IsFull && claim.LimitedQueue is { } queue)
        {
            waiting.SetFull(queue);
            LookAgainIn(WaitingJobs.FullFor);
        }
        if (claimed.Jobs.Count == 0)
        {
            return claimed;
        }
        jobBytes = Math.Max(jobBytes / 2, claimed.Jobs.Max(x => x.Bytes()));
        JobMetrics.Committed("claim", claimed.Jobs.Count);
        Failpoint.Hit("after_claim_before_grant");
        foreach (var job in claimed.Jobs)
        {
            effects.ApplyClaim(job);
        }
        foreach (var answer in claimed.Jobs.Zip(places).GroupBy(x => x.Second, x => x.First))
        {
            requests.Take(answer.Key, answer.Count());
            grants.Send(answer.Key, [.. answer]);
        }
        return claimed;
    }

    void LookAgainIn(TimeSpan pause) => nextLook = nextLook == Timeout.InfiniteTimeSpan || pause < nextLook ? pause : nextLook;

    void Wake()
    {
        if (signal.CurrentCount == 0)
        {
            signal.Release();
        }
    }

    public void Dispose() => signal.Dispose();
}
