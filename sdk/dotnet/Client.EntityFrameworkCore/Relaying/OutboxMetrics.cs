using System.Diagnostics.Metrics;

namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>Figures of the relays of a program, by outbox.</summary>
sealed class OutboxMetrics
{
    public const string MeterName = "JobSystem.Outbox";

    readonly Gauge<long> pending;
    readonly Gauge<long> setAside;
    readonly Gauge<double> oldest;
    readonly Counter<long> posted;
    readonly Counter<long> refused;
    readonly TimeProvider time;

    public OutboxMetrics(IMeterFactory meters, TimeProvider time)
    {
        this.time = time;
        var meter = meters.Create(MeterName);
        pending = meter.CreateGauge<long>("jobsystem.outbox.pending", "{job}", "Jobs that are committed and not posted");
        setAside = meter.CreateGauge<long>("jobsystem.outbox.set_aside", "{job}", "Jobs that were refused and are kept");
        oldest = meter.CreateGauge<double>("jobsystem.outbox.oldest", "s", "How long the first of the pending jobs has waited");
        posted = meter.CreateCounter<long>("jobsystem.outbox.posted", "{job}", "Jobs that this process has posted");
        refused = meter.CreateCounter<long>("jobsystem.outbox.refused", "{job}", "Jobs of this process that were refused");
    }

    /// <summary>True if somebody wants what only a query can tell.</summary>
    public bool WantsFigures => pending.Enabled || setAside.Enabled || oldest.Enabled;

    public void Record(string outbox, OutboxFigures figures)
    {
        pending.Record(figures.Pending, Tag(outbox));
        setAside.Record(figures.SetAside, Tag(outbox));
        oldest.Record(figures.OldestAt is { } at ? Math.Max(0, (time.GetUtcNow().UtcDateTime - at).TotalSeconds) : 0, Tag(outbox));
    }

    public void CountPosted(string outbox, int jobs) => posted.Add(jobs, Tag(outbox));

    public void CountRefused(string outbox) => refused.Add(1, Tag(outbox));

    static KeyValuePair<string, object?> Tag(string outbox) => new("outbox", outbox);
}
