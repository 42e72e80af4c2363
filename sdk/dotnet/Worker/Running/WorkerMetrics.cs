using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace JobSystem.Worker.Running;

/// <summary>Metrics of this process. Task names are those of its own tasks, so their number is limited.</summary>
static class WorkerMetrics
{
    static readonly Meter meter = new("JobSystem.Worker");
    static readonly Counter<long> attempts = meter.CreateCounter<long>("jobsystem.worker.attempts", "{attempt}", "Attempts that ended here, by how");

    /// <summary>A process usually has one worker; if there are several, the last one is shown.</summary>
    public static void Watch(SlotScheduler slots)
    {
        watched = slots;
        _ = gauges.Value;
    }

    public static void Ended(AttemptRun run) => attempts.Add(1, new TagList { { "task", run.TaskName }, { "outcome", run.EndStep ?? "written_off" } });

    static SlotScheduler? watched;

    static readonly Lazy<bool> gauges = new(() =>
    {
        meter.CreateObservableGauge("jobsystem.worker.slots", () => watched?.Slots ?? 0, "{slot}", "Attempts that may run here at once");
        meter.CreateObservableGauge("jobsystem.worker.busy", () => watched is { } slots ? slots.Slots - slots.Free : 0, "{slot}", "Slots that are taken");
        meter.CreateObservableGauge("jobsystem.worker.tickets", () => watched?.Waiting ?? 0, "{ticket}", "Tickets that wait here for a slot");
        return true;
    });
}
