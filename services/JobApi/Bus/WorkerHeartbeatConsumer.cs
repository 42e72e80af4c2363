using JobSystem.Contracts;
using JobSystem.JobApi.Attempts;
using JobSystem.JobApi.Workers;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Handles heartbeats; tells workers which attempts they no longer own, and repeats cancel requests.</summary>
public sealed class WorkerHeartbeatConsumer(HeartbeatHandler heartbeats, WorkerMessenger messenger) : IConsumer<WorkerHeartbeat>
{
    public async Task Consume(ConsumeContext<WorkerHeartbeat> context)
    {
        var beat = context.Message;
        var news = await heartbeats.Handle(beat, context.CancellationToken);
        foreach (var attempt in news.Cancel)
        {
            messenger.Cancel(beat.WorkerId, attempt);
        }
        foreach (var attempt in news.Lost)
        {
            messenger.Revoke(beat.WorkerId, attempt);
        }
    }
}
