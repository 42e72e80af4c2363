using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Takes requests of workers. They are answered by <c>JobDispatcher</c>.</summary>
public sealed class RequestAttemptsConsumer(AttemptRequests requests) : IConsumer<RequestAttempts>
{
    public Task Consume(ConsumeContext<RequestAttempts> context)
    {
        requests.Add(context.Message);
        return Task.CompletedTask;
    }
}
