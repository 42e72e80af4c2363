using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Workers;

/// <summary>Asks workers to do something, and waits for their answers.</summary>
public sealed class WorkerControl(IServiceProvider services, TimeProvider time)
{
    // The bus is being built when the services that use this are made
    readonly Lazy<IBus> bus = new(services.GetRequiredService<IBus>);

    /// <summary>Null when the worker did not answer in time.</summary>
    public async Task<WorkerReply?> Ask(WorkerRow worker, ControlWorker command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            var inbox = new Uri($"exchange:{BusAddresses.ExecutorInbox(worker.Id)}?durable=false&autodelete=true");
            var client = bus.Value.CreateRequestClient<ControlWorker>(inbox, RequestTimeout.After(ms: (int)timeout.TotalMilliseconds));
            // The client's own deadline begins only when the broker has taken the message
            var answer = await client.GetResponse<WorkerAnswered>(command, cancellationToken).WaitAsync(timeout, time, cancellationToken);
            return new(answer.Message, time.GetElapsedTime(began));
        }
        catch (Exception exception) when (exception is RequestTimeoutException or TimeoutException)
        {
            return null;
        }
    }
}

public sealed record WorkerReply(WorkerAnswered Answer, TimeSpan RoundTrip);
