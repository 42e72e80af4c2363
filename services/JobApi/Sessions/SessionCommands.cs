using System.Collections.Concurrent;
using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Sessions;

/// <summary>Commands to workers over HTTP, and their answers, which may arrive at another instance.</summary>
public sealed class SessionCommands(IServiceProvider services, TimeProvider time)
{
    readonly ConcurrentDictionary<Guid, TaskCompletionSource<WorkerAnswered>> asked = new();

    // Lazy, because the bus is still being built when this is created
    readonly Lazy<IBus> bus = new(services.GetRequiredService<IBus>);

    /// <summary>Null when the worker did not answer in time.</summary>
    public async Task<WorkerAnswered?> Ask(string workerId, ControlWorker command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var answer = asked[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var notice = new SessionNotice { WorkerId = workerId, Command = command, CommandId = id };
            await Publish(notice, cancellationToken).WaitAsync(timeout, time, cancellationToken);
            return (await answer.Task.WaitAsync(timeout, time, cancellationToken)) with { Command = command.Command };
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            asked.TryRemove(id, out _);
        }
    }

    /// <summary>A worker has answered to this instance.</summary>
    public Task Answer(Guid id, WorkerAnswered answer, CancellationToken cancellationToken) =>
        Publish(new SessionAnswered { CommandId = id, Answer = answer }, cancellationToken);

    /// <summary>A worker has answered to some instance.</summary>
    public void Hear(SessionAnswered message)
    {
        if (asked.TryGetValue(message.CommandId, out var waiting))
        {
            waiting.TrySetResult(message.Answer);
        }
    }

    Task Publish<T>(T message, CancellationToken cancellationToken) where T : class => bus.Value.Publish(message, x => x.Durable = false, cancellationToken);
}
