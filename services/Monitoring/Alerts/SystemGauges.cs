using System.Diagnostics.Metrics;
using System.Text.Json;
using JobSystem.Monitoring.SystemStatus;

namespace JobSystem.Monitoring.Alerts;

/// <summary>The system's state for <c>/metrics</c>, as the last look for alerts saw it: a scrape asks nobody anything.</summary>
static class SystemGauges
{
    const int MostQueues = 1000;
    static readonly Meter meter = new("JobSystem.System");
    static volatile Look? last;

    /// <summary>Made with the first look, because a gauge that knows nothing should not be there.</summary>
    static readonly Lazy<bool> gauges = new(() =>
    {
        Gauge("jobsystem.queue.waiting", "{job}", "Jobs that could run now", x => EachQueue(x, queue => queue.GetProperty("size"u8).GetInt64()));
        Gauge("jobsystem.queue.scheduled", "{job}", "Jobs whose time has not come, retries included", x => EachQueue(x, queue => queue.GetProperty("scheduled"u8).GetInt64()));
        Gauge("jobsystem.queue.running", "{job}", "Jobs that a worker holds", x => EachQueue(x, queue => queue.GetProperty("running"u8).GetInt64()));
        Gauge("jobsystem.queue.oldest", "s", "How long the oldest job that could run has waited", x => EachQueue(x, queue => queue.GetProperty("oldest_age"u8) is { ValueKind: JsonValueKind.Number } age ? age.GetDouble() : 0));
        Gauge("jobsystem.queue.workers", "{worker}", "Live workers that serve the queue", x => EachQueue(x, queue => queue.GetProperty("workers"u8).GetInt64()));
        Gauge("jobsystem.workers.live", "{worker}", "Workers that send heartbeats", x => x.Report.Workers.Json is null ? [] : [new(x.Report.Workers.Items.Count(Live))]);
        Gauge("jobsystem.slots", "{slot}", "Slots of all live workers", x => x.Report.Workers.Json is null ? [] : [new(x.Report.Workers.Items.Where(Live).Sum(worker => worker.GetProperty("slots"u8).GetInt64()))]);
        Gauge("jobsystem.slots.busy", "{slot}", "Slots that are taken", x => x.Report.Workers.Json is null ? [] : [new(x.Report.Workers.Items.Where(Live).Sum(worker => worker.GetProperty("running"u8).GetInt64()))]);
        Gauge("jobsystem.scheduler.lag", "s", "How late the latest schedule is", x => x.Report.Schedules.Json is null ? [] : [new(x.Report.SchedulerLag)]);
        Gauge("jobsystem.jobs.stuck", "{job}", "Jobs that run for longer than they may", x => x.Report.Running.Json is null ? [] : [new(x.Report.Stuck.Count)]);
        Gauge("jobsystem.error_queue.messages", "{message}", "Messages that no service could deal with", x => (x.Report.ErrorQueues?.Queues ?? []).Take(MostQueues).Select(queue => new Measurement<double>(queue.Messages, new KeyValuePair<string, object?>("queue", queue.Queue))));
        Gauge("jobsystem.health", "", "0 healthy, 1 degraded, 2 unhealthy", x => [new(x.Report.Status switch { Health.Healthy => 0, Health.Degraded => 1, _ => 2 })]);
        Gauge("jobsystem.alerts", "{alert}", "Alerts that are raised", x => x.Alerts.CountBy(alert => (alert.Finding.Name, alert.Finding.Severity)).Select(group => new Measurement<double>(group.Value, new("name", group.Key.Name), new("severity", group.Key.Severity))));
        return true;
    });

    public static void Show(SystemReport report, IReadOnlyList<Alert> alerts)
    {
        last = new(report, alerts);
        _ = gauges.Value;
    }

    static void Gauge(string name, string unit, string description, Func<Look, IEnumerable<Measurement<double>>> values) =>
        meter.CreateObservableGauge(name, () => last is { } look ? values(look) : [], unit, description);

    static IEnumerable<Measurement<double>> EachQueue(Look look, Func<JsonElement, double> value) =>
        look.Report.Queues.Items.Take(MostQueues).Select(queue => new Measurement<double>(value(queue), new KeyValuePair<string, object?>("queue", queue.GetProperty("name"u8).GetString())));

    static bool Live(JsonElement worker) => worker.GetProperty("is_healthy"u8).GetBoolean();

    sealed record Look(SystemReport Report, IReadOnlyList<Alert> Alerts);
}
