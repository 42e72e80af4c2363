using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Hears what other instances of JobApi want and have.</summary>
public sealed class PeerInstancesConsumer(PeerInstances peers) : IConsumer<JobsWanted>, IConsumer<JobsWaiting>, IConsumer<WorkerLeft>
{
    public Task Consume(ConsumeContext<JobsWanted> context)
    {
        peers.Hear(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<JobsWaiting> context)
    {
        peers.Hear(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<WorkerLeft> context)
    {
        peers.Hear(context.Message);
        return Task.CompletedTask;
    }
}
