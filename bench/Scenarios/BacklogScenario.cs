using System.Globalization;
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
        await using var backlog = new Backlog(stack.Env, Backlog.Waiting);
        try
        {
            Console.Error.WriteLine($"inserting {options.Pending} pending jobs …");
            await backlog.Fill(options.Pending, ct);
            var pending = await backlog.Count(ct);
            var full = await throughput.Batches(ct, $"throughput with {pending} pending jobs in the table");
            return [empty, full, Compare(empty, full, pending), await ListCalls.Measure(stack.Env, $"GET /api/v1/jobs with {pending} pending jobs", Lists.Select(x => (x.Name, x.Query.Replace("{hour}", Hour(), StringComparison.Ordinal))), options.Requests, 50, ct)];
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

    static string Hour() => TimeProvider.System.GetUtcNow().AddHours(-1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    static double Speed(Section section) => section.Metrics.Single(m => m.Key == "jobs_per_second").Value;
}
