using System.Globalization;
using JobSystem.Bench.Load;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>Whether a table full of waiting jobs slows anything down: throughput before and with it, and the list calls on it.</summary>
public sealed class BacklogScenario(BenchStack stack, BenchOptions options)
{
    static readonly (string Name, string Query)[] Lists =
    [
        ("no filter", ""),
        ("status=pending", "status=pending"),
        ("status=completed", "status=completed"),
        ("status=failed (none)", "status=failed"),
        ("status=running", "status=running"),
        ("queue_name=default", "queue_name=default"),
        ("queue_name, status=pending, priority=high", "queue_name=default&status=pending&priority=high"),
        ("task_name=echo", "task_name=echo"),
        ("tags, two of them", "tags=nightly&tags=tenant-500"),
        ("created in the last hour", "created_after={hour}"),
        ("offset=1000", "offset=1000"),
        ("order_by=created_at, asc, limit=20", "order_by=created_at&order_dir=asc&limit=20"),
    ];

    public async Task<IReadOnlyList<Section>> Run(CancellationToken ct)
    {
        var throughput = new ThroughputScenario(stack, options);
        var empty = await throughput.Batches(ct, "throughput without a backlog");
        await using var backlog = new Backlog(stack.Env);
        try
        {
            Console.Error.WriteLine($"inserting {options.Pending} pending jobs …");
            await backlog.Fill(options.Pending, ct);
            var pending = await backlog.Count(ct);
            var full = await throughput.Batches(ct, $"throughput with {pending} pending jobs in the table");
            return [empty, full, Compare(empty, full, pending), await MeasureLists(pending, ct)];
        }
        finally
        {
            if (!stack.IsOwn)
            {
                await backlog.Remove(CancellationToken.None);
            }
        }
    }

    static Section Compare(Section empty, Section full, long pending) =>
        new Section($"effect of {pending} pending jobs")
            .Add("throughput_ratio", "throughput with : without", Speed(full) / Speed(empty), "", Floor.Min(0.75))
            .Note("The pending jobs are scheduled 30 days ahead in the queue that the measured jobs use; they are inserted by SQL.");

    async Task<Section> MeasureLists(long pending, CancellationToken ct)
    {
        using var client = new JobsClient(stack.Env, 4);
        var section = new Section($"GET /api/v1/jobs with {pending} pending jobs, {options.Requests} requests each, one at a time, default limit");
        var all = new List<double>();
        foreach (var (name, query) in Lists)
        {
            var filter = query.Replace("{hour}", Hour(), StringComparison.Ordinal);
            var times = await Time(client, "/api/v1/jobs" + (filter.Length > 0 ? "?" + filter : ""), ct);
            all.AddRange(times);
            var percentiles = new Percentiles(times);
            section.Add(name, name + ", p95", percentiles.At(95), "ms", Floor.Max(50), string.Create(CultureInfo.InvariantCulture, $"p50 {percentiles.At(50):F1} ms"));
        }
        return section.Add("all_p95", "all of them, p95", new Percentiles(all).At(95), "ms", Floor.Max(50), string.Create(CultureInfo.InvariantCulture, $"p50 {new Percentiles(all).At(50):F1} ms"));
    }

    async Task<List<double>> Time(JobsClient client, string path, CancellationToken ct)
    {
        var times = new List<double>();
        for (var i = -5; i < options.Requests; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            using var page = await client.Get(path, ct);
            if (i >= 0)
            {
                times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        return times;
    }

    static string Hour() => TimeProvider.System.GetUtcNow().AddHours(-1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    static double Speed(Section section) => section.Metrics.Single(m => m.Key == "jobs_per_second").Value;
}
