using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Sessions;
using MassTransit;

namespace JobSystem.JobApi.Workers;

/// <summary>Sends control commands to workers and waits for their responses.</summary>
public sealed class WorkerCommands(IServiceProvider services, SessionCommands sessions, TimeProvider time)
{
    static readonly TimeSpan firstPatience = TimeSpan.FromSeconds(1);

    // Timers have a resolution of one millisecond
    static readonly TimeSpan shortest = TimeSpan.FromMilliseconds(1);

    // Lazy, because the bus is still being built when this is created
    readonly Lazy<IBus> bus = new(services.GetRequiredService<IBus>);

    /// <summary>Null when the worker did not answer in time.</summary>
    public async Task<WorkerReply?> Ask(WorkerRow worker, ControlWorker command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        // Request and response are not durable, and the response queue is created with the first request, so a request without a
        // response is repeated. Commands are idempotent
        var asked = new List<Task<WorkerAnswered?>>();
        var (patience, left) = (firstPatience, timeout);
        do
        {
            asked.Add(AskOnce(worker, command, left, cancellationToken));
            var pause = Task.Delay(patience < left ? patience : left, time, cancellationToken);
            while (await Task.WhenAny([.. asked, pause]) is Task<WorkerAnswered?> ended)
            {
                if (await ended is { } answer)
                {
                    return new(answer, time.GetElapsedTime(began));
                }
                asked.Remove(ended);
            }
            await pause;
            (patience, left) = (patience * 2, timeout - time.GetElapsedTime(began));
        }
        while (left >= shortest);
        return null;
    }

    async Task<WorkerAnswered?> AskOnce(WorkerRow worker, ControlWorker command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (WorkerSession.IsId(worker.Id))
        {
            return await sessions.Ask(worker.Id, command, timeout, cancellationToken);
        }
        try
        {
            var messenger = new Uri($"exchange:{BusAddresses.ExecutorInbox(worker.Id)}?durable=false&autodelete=true");
            var client = bus.Value.CreateRequestClient<ControlWorker>(messenger, RequestTimeout.After(ms: Math.Max(1, (int)timeout.TotalMilliseconds)));
            // The client's own timeout starts only after the broker has accepted the message
            return (await client.GetResponse<WorkerAnswered>(command, cancellationToken).WaitAsync(timeout, time, cancellationToken)).Message;
        }
        catch (Exception exception) when (exception is RequestTimeoutException or TimeoutException)
        {
            return null;
        }
    }
}

public sealed record WorkerReply(WorkerAnswered Answer, TimeSpan RoundTrip);
