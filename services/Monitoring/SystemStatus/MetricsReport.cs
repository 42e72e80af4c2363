using JobSystem.Api;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Builds the metrics of jobs, queues and workers.</summary>
static class MetricsReport
{
    const string Counter = "counter";
    const string Gauge = "gauge";

    static readonly (string Name, Func<TaskTotals, long> Count)[] counters =
    [
        ("job_enqueued", x => x.Submitted), ("job_started", x => x.Started), ("job_completed", x => x.Completed), ("job_failed", x => x.Failed),
        ("job_timed_out", x => x.Timeout), ("job_retried", x => x.Retried), ("job_cancelled", x => x.Cancelled), ("job_expired", x => x.Expired),
        ("job_rescued", x => x.Rescued),
    ];

    public static MetricsDocument Build(
        JobStats stats, IReadOnlyList<TaskTotals> totals, IReadOnlyList<WorkerProcess> workers, IReadOnlyList<Queue> queues, DateTimeOffset now)
    {
        var metrics = new Dictionary<string, Metric>
        {
            ["jobsystem.jobs"] = Build(Gauge, CountsBy("queue", stats.ByQueue)),
            ["jobsystem.jobs_by_task"] = Build(Gauge, CountsBy("task", stats.ByTask)),
            ["jobsystem.jobs_by_priority"] = Build(Gauge, ByPriority(stats.ByPriority)),
            ["jobsystem.jobs_ended_last_minute"] = Build(Gauge, [Value(stats.Throughput.LastMinute)]),
            ["jobsystem.jobs_ended_last_hour"] = Build(Gauge, [Value(stats.Throughput.LastHour)]),
            ["jobsystem.wait_seconds_average"] = Build(Gauge, [Value(stats.AvgWaitTime)]),
            ["jobsystem.run_seconds_average"] = Build(Gauge, [Value(stats.AvgRunTime)]),
            ["jobsystem.queue_length"] = Build(Gauge, queues.SelectMany(x => Length(x.Name, stats.ByQueue.GetValueOrDefault(x.Name)?.ByStatus))),
        };
        foreach (var (name, count) in counters)
        {
            metrics[$"jobsystem.{name}"] = Build(Counter, totals.Select(x =>
                Value(count(x), ("queue", x.QueueName), ("task", x.TaskName), ("priority", x.Priority.ToUpperInvariant()))));
        }
        metrics["jobsystem.worker_slots"] = Build(Gauge, workers.Select(x => Value(x.Slots, ("worker", x.Name))));
        metrics["jobsystem.worker_running"] = Build(Gauge, workers.Select(x => Value(x.Running, ("worker", x.Name))));
        metrics["jobsystem.worker_jobs_processed"] = Build(Counter, workers.Select(x => Value(x.Processed, ("worker", x.Name))));
        metrics["jobsystem.worker_jobs_failed"] = Build(Counter, workers.Select(x => Value(x.Failed, ("worker", x.Name))));
        return new() { Metrics = metrics, Timestamp = now };
    }

    static Metric Build(string type, IEnumerable<MetricValue> values) => new() { Type = type, Values = [.. values] };

    static MetricValue Value(double value, params (string Name, string Value)[] labels) =>
        new() { Labels = labels.ToDictionary(x => x.Name, x => x.Value), Value = value };

    static IEnumerable<MetricValue> CountsBy(string label, IReadOnlyDictionary<string, JobCounts> counts) =>
        from one in counts
        from status in one.Value.ByStatus.ToList()
        select Value(status.Count, (label, one.Key), ("status", status.Status));

    static IEnumerable<MetricValue> ByPriority(CountsByPriority counts) =>
        from one in ((string Priority, long Count)[])
            [("CRITICAL", counts.Critical), ("HIGH", counts.High), ("NORMAL", counts.Normal), ("LOW", counts.Low)]
        select Value(one.Count, ("priority", one.Priority));

    /// <summary>The jobs of a queue that have not ended, by status.</summary>
    static IEnumerable<MetricValue> Length(string queue, CountsByStatus? counts) =>
        from one in ((string Status, long? Count)[])
        [
            (JobStatuses.Pending, counts?.Pending), (JobStatuses.Reserved, counts?.Reserved), (JobStatuses.Running, counts?.Running),
            (JobStatuses.Retrying, counts?.Retrying),
        ]
        select Value(one.Count ?? 0, ("queue", queue), ("status", one.Status));
}
