using System.Diagnostics.Metrics;
using JobSystem.Api;
using JobSystem.Monitoring.SystemStatus;

namespace JobSystem.Monitoring.Alerts;

/// <summary>The system's state for <c>/metrics</c>, as the last evaluation for alerts read it: a scrape makes no calls.</summary>
static class SystemGauges
{
    const int MostQueues = 1000;
    static readonly Meter meter = new("JobSystem.System");
    static volatile Snapshot? last;

    /// <summary>Created with the first snapshot, because a gauge without a value should not be exported.</summary>
    static readonly Lazy<bool> gauges = new(CreateGauges);

    public static void Show(SystemReport report, IReadOnlyList<Alert> alerts)
    {
        last = new(report, alerts);
        _ = gauges.Value;
    }

    static bool CreateGauges()
    {
        Gauge("jobsystem.queue.waiting", "{job}", "Jobs that could run now", x => EachQueue(x, queue => queue.Size));
        Gauge("jobsystem.queue.scheduled", "{job}", "Jobs whose time has not come, retries included", x => EachQueue(x, queue => queue.Scheduled));
        Gauge("jobsystem.queue.running", "{job}", "Jobs that a worker holds", x => EachQueue(x, queue => queue.Running));
        Gauge("jobsystem.queue.oldest", "s", "How long the oldest job that could run has waited", x => EachQueue(x, queue => queue.OldestAge ?? 0));
        Gauge("jobsystem.queue.workers", "{worker}", "Live workers that serve the queue", x => EachQueue(x, queue => queue.Workers));
        Gauge("jobsystem.workers.live", "{worker}", "Workers that send heartbeats", x => LiveWorkers(x, workers => workers.Count()));
        Gauge("jobsystem.slots", "{slot}", "Slots of all live workers", x => LiveWorkers(x, workers => workers.Sum(worker => (long)worker.Slots)));
        Gauge("jobsystem.slots.busy", "{slot}", "Slots that are taken", x => LiveWorkers(x, workers => workers.Sum(worker => (long)worker.Running)));
        Gauge("jobsystem.scheduler.lag", "s", "How late the latest schedule is", x => If(x.Report.Schedules.Value, x.Report.SchedulerLag));
        Gauge("jobsystem.jobs.stuck", "{job}", "Jobs that run for longer than they may", x => If(x.Report.Running.Value, x.Report.Stuck.Count));
        Gauge("jobsystem.error_queue.messages", "{message}", "Messages that no service could deal with", x =>
            (x.Report.ErrorQueues?.Queues ?? []).Take(MostQueues).Select(queue => OfQueue(queue.Queue, queue.Messages)));
        Gauge("jobsystem.health", "", "0 healthy, 1 degraded, 2 unhealthy", x =>
            [new(x.Report.Status switch { HealthWords.Healthy => 0, HealthWords.Degraded => 1, _ => 2 })]);
        Gauge("jobsystem.alerts", "{alert}", "Alerts that are raised", x => x.Alerts.CountBy(alert => (alert.Name, alert.Severity))
            .Select(group => new Measurement<double>(group.Value, new("name", group.Key.Name), new("severity", group.Key.Severity))));
        return true;
    }

    static void Gauge(string name, string unit, string description, Func<Snapshot, IEnumerable<Measurement<double>>> values) =>
        meter.CreateObservableGauge(name, () => last is { } snapshot ? values(snapshot) : [], unit, description);

    static IEnumerable<Measurement<double>> EachQueue(Snapshot snapshot, Func<Queue, double> value) =>
        snapshot.Report.Queues.Items().Take(MostQueues).Select(x => OfQueue(x.Name, value(x)));

    static Measurement<double> OfQueue(string queue, double value) => new(value, new KeyValuePair<string, object?>("queue", queue));

    static IEnumerable<Measurement<double>> LiveWorkers(Snapshot snapshot, Func<IEnumerable<WorkerProcess>, double> value) =>
        If(snapshot.Report.Workers.Value, value(snapshot.Report.Workers.Items().Where(x => x.IsHealthy)));

    /// <summary>No measurement if the response that it comes from is missing.</summary>
    static IEnumerable<Measurement<double>> If(object? response, double value) => response is null ? [] : [new(value)];

    sealed record Snapshot(SystemReport Report, IReadOnlyList<Alert> Alerts);
}
