namespace JobSystem.ServiceDefaults.Duties;

/// <summary>
/// What a process does in the background, over and over. It never ends before the process does: what a round throws is logged and counted, and the next round comes
/// after a pause. A duty that has not succeeded for a minute shows in the process's health. Register it with <c>AddDuty</c>.
/// </summary>
public abstract class BackgroundDuty
{
    /// <summary>How it is called in the log, in health and in metrics.</summary>
    protected internal virtual string Name => GetType().Name;

    /// <summary>True when the process is of no use to callers without it: it is not ready then, instead of degraded.</summary>
    protected internal virtual bool IsVital => false;

    /// <summary>Pauses after failures grow up to this.</summary>
    protected internal virtual TimeSpan LongestPause => TimeSpan.FromSeconds(5);

    internal DutyState? State { get; set; }

    /// <summary>Before anything that was registered later starts.</summary>
    protected internal virtual Task Begin(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends when there is something to do. After a failure it is not asked.</summary>
    protected internal abstract Task Wait(CancellationToken stoppingToken);

    /// <summary>One round.</summary>
    protected internal abstract Task Work(CancellationToken stoppingToken);

    /// <summary>When the process stops, after the last round.</summary>
    protected internal virtual Task Finish(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A part of a long round is done: the minute begins anew.</summary>
    protected void Progressed() => State?.Progressed();
}
