using JobSystem.Contracts;
using JobSystem.Worker.Transport;

namespace JobSystem.Worker.Running;

/// <summary>Sends the jobs that tasks enqueue, each until it is answered: its idempotency key makes it one job.</summary>
sealed class EnqueueSender(IWorkerTransport transport, TimeProvider time)
{
    /// <summary>After this time the task gets an exception; the same as the default of the client.</summary>
    static readonly TimeSpan patience = TimeSpan.FromMinutes(1);
    static readonly TimeSpan shortestPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(5);

    public async Task<string> Send(EnqueueJob job, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = shortestPause; ; pause = pause * 2 < longestPause ? pause * 2 : longestPause)
        {
            try
            {
                return await transport.Send(job, cancellationToken);
            }
            catch (JobSystemUnavailableException) when (time.GetElapsedTime(began) + pause < patience)
            {
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }
}
