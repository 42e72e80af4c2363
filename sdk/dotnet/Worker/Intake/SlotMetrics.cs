using JobSystem.Worker.Running;

namespace JobSystem.Worker.Intake;

/// <summary>Metrics of slots. If a process has several workers, they are those of the worker that started last.</summary>
static class SlotMetrics
{
    static SlotScheduler? observed;

    static readonly Lazy<bool> gauges = new(() =>
    {
        var meter = AttemptMetrics.Meter;
        meter.CreateObservableGauge("jobsystem.worker.slots", () => observed?.Slots ?? 0, "{slot}", "Attempts that may run here at once");
        meter.CreateObservableGauge(
            "jobsystem.worker.busy", () => observed is { } x ? Math.Min(x.Slots, x.Places - x.Free) : 0, "{slot}", "Slots that are taken");
        meter.CreateObservableGauge(
            "jobsystem.worker.tickets", () => observed?.Waiting ?? 0, "{ticket}", "Tickets that wait here for a slot");
        return true;
    });

    public static void Observe(SlotScheduler slots)
    {
        observed = slots;
        _ = gauges.Value;
    }
}
