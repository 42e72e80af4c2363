namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>How a relay posts the jobs of an outbox.</summary>
public sealed class OutboxOptions
{
    /// <summary>
    /// True if this process posts jobs. If it does not, another one has to that uses the same table. Default: true.
    /// </summary>
    public bool RunsRelay { get; set; } = true;

    /// <summary>Most jobs of one request: 1 to 1,000. Default: 1,000. A request is also at most 8 MiB, unless a single job is larger.</summary>
    public int BatchSize { get; set; } = 1000;

    /// <summary>
    /// How often the outbox is looked at while nothing happens. Commits of this process wake its relay at once, so this is how long jobs wait that a process
    /// without a relay has enqueued. Default: two seconds.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long rows belong to the relay that is posting them: it gives up a request after half of this time, and if it vanishes, its rows are taken over
    /// after it. The same for all relays of an outbox; at least a second. Default: 30 seconds.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long posted rows are kept. Default: zero; they are deleted at once.</summary>
    public TimeSpan Retention { get; set; }

    internal const int MaxBatchSize = 1000;

    internal static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1);
}
