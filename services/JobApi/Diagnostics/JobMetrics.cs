using System.Diagnostics;
using System.Diagnostics.Metrics;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Diagnostics;

/// <summary>Job metrics, counted after the commit.</summary>
static class JobMetrics
{
    static readonly Meter meter = new("JobSystem.Jobs");
    static readonly InstrumentAdvice<double> seconds = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200] };
    static readonly InstrumentAdvice<int> rows = new() { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500] };

    static readonly Dictionary<string, Counter<long>> steps = new(StringComparer.Ordinal)
    {
        ["created"] = Jobs("jobsystem.jobs.submitted", "Jobs that were accepted"),
        [JobStatus.Running] = Jobs("jobsystem.jobs.started", "Attempts that began"),
        [JobStatus.Completed] = Jobs("jobsystem.jobs.completed", "Jobs that completed"),
        [JobStatus.Failed] = Jobs("jobsystem.jobs.failed", "Jobs that failed for good"),
        [JobStatus.Timeout] = Jobs("jobsystem.jobs.timed_out", "Jobs that timed out for good"),
        [JobStatus.Cancelled] = Jobs("jobsystem.jobs.cancelled", "Jobs that were cancelled"),
        [JobStatus.Expired] = Jobs("jobsystem.jobs.expired", "Jobs that did not start in time"),
        ["retrying"] = Jobs("jobsystem.jobs.retried", "Attempts that failed and are tried again"),
        ["lease_lost"] = Jobs("jobsystem.jobs.rescued", "Attempts that were taken away from a worker that had vanished"),
        ["report_refused"] = Jobs("jobsystem.reports.refused", "Late reports of attempts that were written off"),
    };

    static readonly Histogram<double> wait = meter.CreateHistogram("jobsystem.job.wait", "s", "From the time when a job could run to its first start", advice: seconds);
    static readonly Histogram<double> run = meter.CreateHistogram("jobsystem.job.run", "s", "The last attempt of jobs that ended", advice: seconds);
    static readonly Histogram<double> total = meter.CreateHistogram("jobsystem.job.total", "s", "From the time when a job could run to its end", advice: seconds);
    static readonly Histogram<int> commits = meter.CreateHistogram("jobsystem.commit.size", "{row}", "Rows that one commit wrote; the count is the number of commits", advice: rows);
    static readonly UpDownCounter<int> streams = meter.CreateUpDownCounter<int>("jobsystem.streams", "{stream}", "Streams of events that are open");

    static Func<int> wanted = () => 0;

    static readonly Lazy<bool> gauges = new(() =>
    {
        meter.CreateObservableGauge("jobsystem.attempts.wanted", () => wanted(), "{attempt}", "Attempts that workers have asked for and that no job waits for");
        return true;
    });

    public static void Count(JobState job)
    {
        foreach (var step in job.NewSteps)
        {
            if (!steps.TryGetValue(step.Event, out var counter))
            {
                continue;
            }
            var tags = new TagList { { "queue", job.QueueName }, { "task", job.TaskName } };
            if (step is { Event: JobStatus.Running, Attempt: 1, WaitSeconds: { } waited })
            {
                wait.Record(Math.Max(0, waited), tags);
            }
            if (step.RunSeconds is { } ran)
            {
                run.Record(Math.Max(0, ran), tags);
            }
            if (JobStatus.IsFinal(step.Event))
            {
                total.Record(Math.Max(0, (step.At - job.FirstReadyAt).TotalSeconds), tags);
            }
            tags.Add("priority", step.Priority);
            counter.Add(1, tags);
        }
    }

    public static void StreamOpened() => streams.Add(1);

    public static void StreamClosed() => streams.Add(-1);

    public static void Committed(string kind, int count) => commits.Record(count, new TagList { { "kind", kind } });

    /// <summary>Observes the attempts that workers have asked for. A process has one dispatcher; the latest one counts.</summary>
    public static void ObserveRequests(Func<int> count)
    {
        wanted = count;
        _ = gauges.Value;
    }

    static Counter<long> Jobs(string name, string description) => meter.CreateCounter<long>(name, name.Contains("report", StringComparison.Ordinal) ? "{report}" : "{job}", description);
}
