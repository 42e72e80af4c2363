using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using JobSystem.ServiceDefaults.Metrics;
using JobSystem.Support;

namespace JobSystem.Surface.Tests;

/// <summary>The figures at <c>/metrics</c>, and that docs/telemetry.md and the files in deploy/ know them.</summary>
public sealed partial class MetricsTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    static readonly TimeSpan soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Metrics_AfterJobs_HaveThem()
    {
        var before = await Value("jobsystem_jobs_completed_total{priority=\"high\",queue=\"default\",task=\"echo\"}");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => host.Send("POST", "/api/v1/jobs/run-sync", """{"task_name":"echo","priority":"high"}""")));

        await Eventually.Holds(async () => await Value("jobsystem_jobs_completed_total{priority=\"high\",queue=\"default\",task=\"echo\"}") == before + 5, soon);
        Assert.True(await Value("jobsystem_job_run_seconds_count{queue=\"default\",task=\"echo\"}") >= 5);
        Assert.True(await Value("jobsystem_job_run_seconds_bucket{queue=\"default\",task=\"echo\",le=\"+Inf\"}") >= 5);
        Assert.True(await Value("jobsystem_worker_attempts_total{outcome=\"completed\",task=\"echo\"}") >= 5);
        Assert.Equal(8, await Value("jobsystem_worker_slots"));
        await Eventually.Holds(async () => await Value("jobsystem_workers_live") == 1, soon);
    }

    [Fact]
    public async Task Metrics_WithoutPermission_AreRefused()
    {
        Assert.Equal(401, (await host.Send("GET", "/metrics", key: "nobody")).Status);
        var key = (await host.Send("POST", "/api/v1/api-keys", """{"name":"plain"}""")).Json.GetProperty("key").GetString();
        Assert.Equal(403, (await host.Send("GET", "/metrics", key: key)).Status);
    }

    /// <summary>Every name that a caller makes up would be another series.</summary>
    [Fact]
    public async Task Metrics_OfThousandsOfNames_StayBounded()
    {
        string[] names = [.. Enumerable.Range(0, 5000).Select(n => $"made-up-{n}")];
        await host.Announce(names);
        await Eventually.Holds(async () => (await host.Send("GET", "/api/v1/tasks/" + names[^1])).Status == 200, soon);
        foreach (var some in names.Chunk(500))
        {
            var jobs = string.Join(',', some.Select(name => $$"""{"task_name":"{{name}}","queue_name":"still"}"""));
            var (status, answer) = await host.Send("POST", "/api/v1/jobs/batch", $$"""{"jobs":[{{jobs}}]}""");
            Assert.True(status == 201, answer.ToString());
        }

        await Eventually.Holds(async () => (await host.Text("/metrics")).Contains("jobsystem_jobs_submitted_total{otel_metric_overflow=\"true\"}", StringComparison.Ordinal), soon);
        var series = (await host.Text("/metrics")).Split('\n').Count(x => x.StartsWith("jobsystem_jobs_submitted_total{", StringComparison.Ordinal));
        Assert.InRange(series, 1000, 2001);
    }

    [Fact]
    public async Task Instruments_AreThoseOfTheDocument()
    {
        await Eventually.Holds(async () => (await host.Text("/metrics")).Contains("jobsystem_health", StringComparison.Ordinal), soon);
        await host.Send("GET", "/api/v1/jobs", key: "nobody");
        Assert.Equal(Documented().Keys.Order(StringComparer.Ordinal), Published().Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Documented().OrderBy(x => x.Key, StringComparer.Ordinal), Published().OrderBy(x => x.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("deploy/grafana/jobsystem.json")]
    [InlineData("deploy/prometheus/alerts.yml")]
    public void Deployed_Files_NameWhatThereIs(string file)
    {
        var known = Documented().SelectMany(x =>
        {
            var name = PrometheusExporter.NameOf(x.Key, x.Value.Unit, x.Value.Kind == "counter");
            return x.Value.Kind == "histogram" ? (string[])[name + "_bucket", name + "_sum", name + "_count"] : [name];
        }).ToHashSet();
        var used = Metric().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))).Select(x => x.Value).Distinct().ToList();
        Assert.NotEmpty(used);
        Assert.All(used, x => Assert.Contains(x, known));
    }

    async Task<double> Value(string series)
    {
        var line = (await host.Text("/metrics")).Split('\n').SingleOrDefault(x => x.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    static Dictionary<string, (string Kind, string Unit)> Documented() => Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/telemetry.md")))
        .ToDictionary(x => x.Groups[1].Value, x => (x.Groups[2].Value, x.Groups[3].Value.Trim()));

    /// <summary>A listener that comes late hears of everything that there is.</summary>
    static Dictionary<string, (string Kind, string Unit)> Published()
    {
        var found = new Dictionary<string, (string, string)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name.StartsWith("JobSystem.", StringComparison.Ordinal))
                {
                    var kind = instrument.GetType().Name;
                    found[instrument.Name] = (kind.StartsWith("Counter", StringComparison.Ordinal) ? "counter" : kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : "gauge", instrument.Unit ?? "");
                }
            },
        };
        listener.Start();
        return found;
    }

    [GeneratedRegex(@"^\| `(jobsystem\.[a-z_.]+)` \| (\w+) \|([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bjobsystem_[a-z_]+")]
    private static partial Regex Metric();
}
