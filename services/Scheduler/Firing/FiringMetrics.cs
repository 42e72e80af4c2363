using System.Diagnostics.Metrics;

namespace JobSystem.Scheduler.Firing;

/// <summary>Metrics of runs.</summary>
static class FiringMetrics
{
    static readonly Meter meter = new("JobSystem.Scheduler");
    static readonly InstrumentAdvice<double> seconds =
        new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] };

    /// <summary>Creates the instruments before the first run, so that a scrape finds them.</summary>
    public static void Register() => _ = Fired;

    public static readonly Counter<long> Fired =
        meter.CreateCounter<long>("jobsystem.schedules.fired", "{run}", "Runs of schedules that were decided");

    public static readonly Counter<long> Missed =
        meter.CreateCounter<long>("jobsystem.schedules.missed", "{run}", "Runs that were due while no scheduler worked");

    public static readonly Histogram<double> Lag =
        meter.CreateHistogram("jobsystem.schedules.lag", "s", "How long after its time a run was decided", advice: seconds);
}
