using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Sessions;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Hears what other instances of JobApi want and have, and what all of them have to tell workers over HTTP.</summary>
public sealed class PeerInstancesConsumer(PeerInstances peers, WorkerSessions sessions, SessionInboxes inboxes, SessionCommands commands) :
    IConsumer<JobsWanted>, IConsumer<JobsWaiting>, IConsumer<WorkerLeft>, IConsumer<SessionNotice>, IConsumer<SessionAnswered>
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
        sessions.Forget(context.Message.WorkerId);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<SessionNotice> context)
    {
        inboxes.Hear(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<SessionAnswered> context)
    {
        commands.Hear(context.Message);
        return Task.CompletedTask;
    }
}
