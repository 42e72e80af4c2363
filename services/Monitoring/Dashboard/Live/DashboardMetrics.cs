using System.Diagnostics.Metrics;

namespace JobSystem.Monitoring.Dashboard.Live;

/// <summary>Metrics of the dashboard: how long its pages load, and how late they are.</summary>
static class DashboardMetrics
{
    static readonly Meter meter = new("JobSystem.Dashboard");
    static readonly InstrumentAdvice<double> seconds = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] };
    static readonly Histogram<double> load = meter.CreateHistogram(
        "jobsystem.dashboard.load", "s", "How long it took to ask for what a page shows", advice: seconds);
    static readonly Histogram<double> lag = meter.CreateHistogram(
        "jobsystem.dashboard.lag", "s", "How old the oldest news of half a second was when the pages heard of it", advice: seconds);
    static readonly UpDownCounter<int> pages = meter.CreateUpDownCounter<int>(
        "jobsystem.dashboard.pages", "{page}", "Pages that are open and follow what happens");

    /// <summary>Creates the instruments, so that a scrape before the first page sees them.</summary>
    public static void Show() => pages.Add(0);

    public static void Opened() => pages.Add(1);

    public static void Closed() => pages.Add(-1);

    public static void Loaded(Type page, TimeSpan took) => load.Record(took.TotalSeconds, new KeyValuePair<string, object?>("page", page.Name));

    public static void Heard(TimeSpan age) => lag.Record(Math.Max(0, age.TotalSeconds));
}
