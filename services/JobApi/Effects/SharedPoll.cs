using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Effects;

/// <summary>One query to the database for all who wait for a change, ten times a second while there are any, and none otherwise.</summary>
public abstract class SharedPoll(TimeProvider time) : BackgroundDuty, IDisposable
{
    static readonly TimeSpan interval = TimeSpan.FromMilliseconds(100);
    readonly SemaphoreSlim signal = new(0);

    protected TimeProvider Time => time;

    protected abstract bool HasWaiters { get; }

    /// <summary>Called after a waiter has been added.</summary>
    protected void WakeUp() => signal.Release();

    protected sealed override async Task Wait(CancellationToken stoppingToken)
    {
        if (!HasWaiters)
        {
            await signal.WaitAsync(stoppingToken);
        }
        await Task.Delay(interval, time, stoppingToken);
    }

    public void Dispose()
    {
        signal.Dispose();
        GC.SuppressFinalize(this);
    }
}
