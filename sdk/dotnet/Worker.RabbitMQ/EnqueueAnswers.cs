using System.Collections.Concurrent;
using JobSystem.Contracts;

namespace JobSystem.Worker.RabbitMQ;

/// <summary>Jobs that tasks enqueue and that JobApi has not answered yet. The answers come to the worker's inbox.</summary>
sealed class EnqueueAnswers
{
    readonly ConcurrentDictionary<Guid, TaskCompletionSource<JobEnqueued>> awaited = new();

    /// <summary>Sends a request and waits for its answer.</summary>
    public async Task<JobEnqueued> Await(Guid requestId, Func<Task> send, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var answer = awaited.GetOrAdd(requestId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await send();
            return await answer.Task.WaitAsync(limit, time, cancellationToken);
        }
        finally
        {
            awaited.TryRemove(requestId, out _);
        }
    }

    /// <summary>An answer has come. One that nobody awaits any more is dropped.</summary>
    public void Take(JobEnqueued message)
    {
        if (awaited.TryGetValue(message.RequestId, out var answer))
        {
            answer.TrySetResult(message);
        }
    }
}
