namespace JobSystem.Bench.Peers.Hosted;

/// <summary>Tells when the last of a number of jobs has run.</summary>
public sealed class Countdown(int jobs)
{
    static readonly TimeSpan closest = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan patience = TimeSpan.FromMinutes(5);

    readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int left = jobs;

    public Task Done(CancellationToken ct) => done.Task.WaitAsync(patience, ct);

    public void Signal()
    {
        if (Interlocked.Decrement(ref left) == 0)
        {
            done.TrySetResult();
        }
    }

    /// <summary>Waits for the last job to run, and then asks every few milliseconds whether the end of all of them is recorded.</summary>
    public async Task Recorded(Func<Task<bool>> isRecorded, CancellationToken ct)
    {
        await Done(ct);
        var start = TimeProvider.System.GetTimestamp();
        while (!await isRecorded())
        {
            if (TimeProvider.System.GetElapsedTime(start) > patience)
            {
                throw new TimeoutException("every job has run, but not every end was recorded");
            }
            await Task.Delay(closest, ct);
        }
    }
}
