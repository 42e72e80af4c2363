using System.Text.Json;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Figures in the operations surface's shape: name, type, and values with their labels.</summary>
static class MetricsDocument
{
    /// <summary>What is in a queue: all but what has ended.</summary>
    static readonly string[] waiting = ["pending", "reserved", "running", "retrying"];

    /// <summary>The names of the counters, and the members of the totals.</summary>
    static readonly (string Name, string Member)[] counters =
    [
        ("job_enqueued", "submitted"), ("job_started", "started"), ("job_completed", "completed"), ("job_failed", "failed"), ("job_timed_out", "timeout"),
        ("job_retried", "retried"), ("job_cancelled", "cancelled"), ("job_expired", "expired"), ("job_rescued", "rescued"),
    ];

    public static void Write(Utf8JsonWriter json, JsonElement stats, Reading totals, Reading workers, Reading queues, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteStartObject("metrics"u8);
        Metric(json, "jobsystem.jobs", "gauge", Jobs(stats, "by_queue", "queue"));
        Metric(json, "jobsystem.jobs_by_task", "gauge", Jobs(stats, "by_task", "task"));
        Metric(json, "jobsystem.jobs_by_priority", "gauge",
            stats.GetProperty("by_priority"u8).EnumerateObject().Select(x => (Labels(("priority", x.Name.ToUpperInvariant())), x.Value.GetDouble())));
        Metric(json, "jobsystem.jobs_ended_last_minute", "gauge", [(Labels(), stats.GetProperty("throughput"u8).GetProperty("last_minute"u8).GetDouble())]);
        Metric(json, "jobsystem.jobs_ended_last_hour", "gauge", [(Labels(), stats.GetProperty("throughput"u8).GetProperty("last_hour"u8).GetDouble())]);
        Metric(json, "jobsystem.wait_seconds_average", "gauge", [(Labels(), stats.GetProperty("avg_wait_time"u8).GetDouble())]);
        Metric(json, "jobsystem.run_seconds_average", "gauge", [(Labels(), stats.GetProperty("avg_run_time"u8).GetDouble())]);
        Metric(json, "jobsystem.queue_length", "gauge",
            from queue in queues.Items
            let counts = stats.GetProperty("by_queue"u8).TryGetProperty(Name(queue), out var found) ? found.GetProperty("by_status"u8) : default
            from status in waiting
            select (Labels(("queue", Name(queue)), ("status", status)), counts.ValueKind == JsonValueKind.Object ? counts.GetProperty(status).GetDouble() : 0));
        foreach (var (name, member) in counters)
        {
            Metric(json, $"jobsystem.{name}", "counter", totals.Items.Select(x => (Labels(
                ("queue", x.GetProperty("queue_name"u8).GetString()!), ("task", x.GetProperty("task_name"u8).GetString()!),
                ("priority", x.GetProperty("priority"u8).GetString()!.ToUpperInvariant())), x.GetProperty(member).GetDouble())));
        }
        Metric(json, "jobsystem.worker_slots", "gauge", workers.Items.Select(x => (Labels(("worker", Name(x))), x.GetProperty("slots"u8).GetDouble())));
        Metric(json, "jobsystem.worker_running", "gauge", workers.Items.Select(x => (Labels(("worker", Name(x))), x.GetProperty("running"u8).GetDouble())));
        Metric(json, "jobsystem.worker_jobs_processed", "counter", workers.Items.Select(x => (Labels(("worker", Name(x))), x.GetProperty("processed"u8).GetDouble())));
        Metric(json, "jobsystem.worker_jobs_failed", "counter", workers.Items.Select(x => (Labels(("worker", Name(x))), x.GetProperty("failed"u8).GetDouble())));
        json.WriteEndObject();
        json.WriteString("timestamp"u8, now.UtcDateTime);
        json.WriteEndObject();
    }

    static IEnumerable<((string, string)[], double)> Jobs(JsonElement stats, string member, string label) =>
        from one in stats.GetProperty(member).EnumerateObject()
        from status in one.Value.GetProperty("by_status"u8).EnumerateObject()
        select (Labels((label, one.Name), ("status", status.Name)), status.Value.GetDouble());

    static (string, string)[] Labels(params (string, string)[] labels) => labels;

    static string Name(JsonElement one) => one.GetProperty("name"u8).GetString()!;

    static void Metric(Utf8JsonWriter json, string name, string type, IEnumerable<((string Name, string Value)[] Labels, double Value)> values)
    {
        json.WriteStartObject(name);
        json.WriteString("type"u8, type);
        json.WriteStartArray("values"u8);
        foreach (var (labels, value) in values)
        {
            json.WriteStartObject();
            json.WriteStartObject("labels"u8);
            foreach (var label in labels)
            {
                json.WriteString(label.Name, label.Value);
            }
            json.WriteEndObject();
            json.WriteNumber("value"u8, value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
