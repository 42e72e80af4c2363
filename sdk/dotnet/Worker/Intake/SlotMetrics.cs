using JobSystem.Worker.Running;

namespace JobSystem.Worker.Intake;

/// <summary>Metrics of slots. If a process has several workers, they are those of the worker that started last.</summary>
static class SlotMetrics
{
    static (Attempts Attempts, int Slots)? observed;

    static readonly Lazy<bool> gauges = new(() =>
    {
        var meter = AttemptMetrics.Meter;
        meter.CreateObservableGauge("jobsystem.worker.slots", () => observed?.Slots ?? 0, "{slot}", "Attempts that may run here at once");
        meter.CreateObservableGauge("jobsystem.worker.busy", () => observed?.Attempts.Running ?? 0, "{slot}", "Slots that are taken");
        meter.CreateObservableGauge(
            "jobsystem.worker.waiting", () => observed?.Attempts.Waiting ?? 0, "{attempt}", "Attempts that wait here for a slot");
        return true;
    });

    public static void Observe(Attempts attempts, int slots)
    {
        observed = (attempts, slots);
        _ = gauges.Value;
    }
}
