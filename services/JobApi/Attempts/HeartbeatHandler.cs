using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Attempts;

/// <summary>Renews the leases of a worker's attempts and updates the list of workers.</summary>
public sealed class HeartbeatHandler(
    IJobStore store, WorkerDirectory workers, JobEventProcessor processor, RecentJobCache recent, PeerInstances peers, HeartbeatGaps gaps,
    IOptions<LifecycleOptions> options)
{
    /// <summary>Handles a heartbeat; returns what the worker has to be told.</summary>
    public async Task<HeartbeatNews> Handle(WorkerHeartbeat beat, CancellationToken cancellationToken)
    {
        var news = HeartbeatNews.None;
        await gaps.Watch(async () => news = await HandleNow(beat, cancellationToken));
        return news;
    }

    async Task<HeartbeatNews> HandleNow(WorkerHeartbeat beat, CancellationToken cancellationToken)
    {
        var news = beat.Attempts.Count > 0 ? await Renew(beat, cancellationToken) : HeartbeatNews.None;
        await workers.Update(beat, cancellationToken);
        if (beat.Status is "draining" or "stopped")
        {
            peers.SayLeft(beat.WorkerId);
        }
        return news;
    }

    async Task<HeartbeatNews> Renew(WorkerHeartbeat beat, CancellationToken cancellationToken)
    {
        var renewed = await store.RenewLeases(beat.WorkerId, beat.Attempts, options.Value.Lease, cancellationToken);
        foreach (var attempt in beat.Attempts)
        {
            recent.Remove(attempt.JobId);
        }
        var own = renewed.Select(x => (x.JobId, x.Attempt)).ToHashSet();
        var lost = beat.Attempts.Where(x => !own.Contains((x.JobId, x.Attempt))).ToList();
        await Task.WhenAll(lost.Select(x => processor.Raise(new LossDisproved(x.JobId, x.Attempt, beat.WorkerId), cancellationToken)));
        return new(
            [.. renewed.Where(x => x.CancelRequested).Select(x => new AttemptControl { JobId = x.JobId, Attempt = x.Attempt, Reason = x.CancelReason })],
            lost.ConvertAll(x => new AttemptControl { JobId = x.JobId, Attempt = x.Attempt, Reason = "not_yours" }));
    }
}

/// <summary>What a worker has to be told after a heartbeat.</summary>
/// <param name="Cancel">Attempts to stop because their jobs were cancelled.</param>
/// <param name="Lost">Attempts that are not the worker's any more.</param>
public sealed record HeartbeatNews(IReadOnlyList<AttemptControl> Cancel, IReadOnlyList<AttemptControl> Lost)
{
    public static HeartbeatNews None { get; } = new([], []);
}
