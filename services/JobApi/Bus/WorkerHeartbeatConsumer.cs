using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Bus;

/// <summary>Renews leases and updates the list of workers; tells workers which attempts they no longer own, and repeats cancel requests.</summary>
public sealed class WorkerHeartbeatConsumer(
    IJobStore store, WorkerDirectory workers, WorkerMessenger messenger, JobEventProcessor processor, RecentJobCache recent, PeerInstances peers, HeartbeatGaps gaps,
    IOptions<LifecycleOptions> options) : IConsumer<WorkerHeartbeat>
{
    public Task Consume(ConsumeContext<WorkerHeartbeat> context) => gaps.Watch(() => Handle(context));

    async Task Handle(ConsumeContext<WorkerHeartbeat> context)
    {
        var beat = context.Message;
        if (beat.Attempts.Count > 0)
        {
            await Renew(beat, context.CancellationToken);
        }
        await workers.Update(beat, context.CancellationToken);
        if (beat.Status is "draining" or "stopped")
        {
            peers.SayLeft(beat.WorkerId);
        }
    }

    async Task Renew(WorkerHeartbeat beat, CancellationToken cancellationToken)
    {
        var renewed = await store.RenewLeases(beat.WorkerId, beat.Attempts, options.Value.Lease, cancellationToken);
        foreach (var attempt in beat.Attempts)
        {
            recent.Remove(attempt.JobId);
        }
        foreach (var lease in renewed.Where(x => x.CancelRequested))
        {
            messenger.Cancel(beat.WorkerId, new() { JobId = lease.JobId, Attempt = lease.Attempt, Reason = lease.CancelReason });
        }
        var own = renewed.Select(x => (x.JobId, x.Attempt)).ToHashSet();
        var lost = beat.Attempts.Where(x => !own.Contains((x.JobId, x.Attempt))).ToList();
        foreach (var attempt in lost)
        {
            messenger.Revoke(beat.WorkerId, new() { JobId = attempt.JobId, Attempt = attempt.Attempt, Reason = "not_yours" });
        }
        await Task.WhenAll(lost.Select(x => processor.Raise(new LossDisproved(x.JobId, x.Attempt, beat.WorkerId), cancellationToken)));
    }
}
