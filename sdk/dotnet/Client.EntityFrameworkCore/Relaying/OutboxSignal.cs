namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>Wakes the relay of a context.</summary>
sealed class OutboxSignal<TContext> : IDisposable
{
    readonly SemaphoreSlim raised = new(0, 1);

    public void Raise()
    {
        try
        {
            raised.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is raised already
        }
    }

    /// <summary>Returns when it is raised, or after a time.</summary>
    public Task Wait(TimeSpan atMost, CancellationToken cancellationToken) => raised.WaitAsync(atMost, cancellationToken);

    public void Dispose() => raised.Dispose();
}
