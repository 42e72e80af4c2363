namespace JobSystem.Bench.Peers;

/// <summary>Tells when the last of a number of jobs has run.</summary>
public sealed class Countdown(int jobs)
{
    readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _left = jobs;

    public Task Done => _done.Task;

    public void Signal()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _done.TrySetResult();
        }
    }
}
