using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Workers;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Sends the list of queues to a worker.</summary>
public sealed class ListQueuesConsumer(JobQueues queues, WorkerMessenger messenger) : IConsumer<ListQueues>
{
    public async Task Consume(ConsumeContext<ListQueues> context)
    {
        foreach (var news in await queues.Describe(context.CancellationToken))
        {
            await messenger.Send(context.Message.WorkerId, news, context.CancellationToken);
        }
    }
}
