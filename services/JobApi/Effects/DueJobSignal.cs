namespace JobSystem.JobApi.Effects;

/// <summary>Wakes the poller of due jobs when a job becomes due earlier than the poller expects.</summary>
public sealed class DueJobSignal : IDisposable
{
    readonly SemaphoreSlim signal = new(0);
    long waitingUntil = long.MaxValue;

    /// <summary>A job is due at this time.</summary>
    public void Notify(DateTimeOffset dueAt)
    {
        if (dueAt.UtcTicks < Interlocked.Read(ref waitingUntil) && signal.CurrentCount == 0)
        {
            signal.Release();
        }
    }

    /// <summary>From now on every notification ends the next wait. Called before the poller looks for the next due job, so that none is missed in between.</summary>
    public void Reset() => Interlocked.Exchange(ref waitingUntil, long.MaxValue);

    /// <summary>Waits for that long, or until an earlier job is notified.</summary>
    /// <param name="until">The time at which the wait ends, by the clock of <see cref="Notify"/>.</param>
    /// <param name="wait">The time until then.</param>
    public Task Wait(DateTimeOffset until, TimeSpan wait, CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref waitingUntil, until.UtcTicks);
        return signal.WaitAsync(wait, cancellationToken);
    }

    public void Dispose() => signal.Dispose();
}
