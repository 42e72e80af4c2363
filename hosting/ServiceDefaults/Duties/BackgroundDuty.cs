namespace JobSystem.ServiceDefaults.Duties;

/// <summary>
/// What a process does in the background, over and over. It never ends before the process does: what a round throws is logged and counted,
/// and the next round comes after a pause. A duty that has not succeeded for a minute shows in the process's health. Register it with
/// <c>AddDuty</c>.
/// </summary>
public abstract class BackgroundDuty
{
    /// <summary>Name in logs, health and metrics.</summary>
    protected internal virtual string Name => GetType().Name;

    /// <summary>True if the process is not ready while the duty fails; false if it is only degraded.</summary>
    protected internal virtual bool IsVital => false;

    /// <summary>Maximum delay after failures.</summary>
    protected internal virtual TimeSpan LongestPause => TimeSpan.FromSeconds(5);

    internal DutyState? State { get; set; }

    /// <summary>Called at startup, before anything that was registered later starts.</summary>
    protected internal virtual Task Begin(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Completes when there is work to do. Not called after a failure.</summary>
    protected internal abstract Task Wait(CancellationToken stoppingToken);

    /// <summary>Does one round of work.</summary>
    protected internal abstract Task Work(CancellationToken stoppingToken);

    /// <summary>Called when the process stops, after the last round.</summary>
    protected internal virtual Task Finish(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reports progress within a long round, which restarts the health check's minute.</summary>
    protected void Progressed() => State?.Progressed();
}
