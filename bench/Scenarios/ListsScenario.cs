using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>Each filter of the job list on a table of jobs in all states.</summary>
public sealed class ListsScenario(BenchStack stack, BenchOptions options)
{
    static readonly string[] filters =
    [
        "", "status=pending", "status=completed", "status=failed", "status=running", "status=expired", "status=failed&status=timeout", "queue_name=queue_3", "queue_name=queue_3&queue_name=queue_5",
        "queue_name=queue_3&status=pending&priority=high", "priority=high", "priority=critical&priority=low", "tags=nightly", "tags=tenant-10", "worker_id=worker_3", "task_name=backlog_7", "owner=owner_9",
        "schedule_id=sched-50", "created_after=-3", "created_before=-8", "q=Report%20700", "q=backlog_7", "q=broke%20123", "q=nothinglikethis", "offset=1000", "offset=100000", "/stats",
    ];

    public async Task<IReadOnlyList<Section>> Run(CancellationToken ct)
    {
        await using var table = new Backlog(stack.Env, Backlog.Mixed);
        try
        {
            Console.Error.WriteLine($"inserting {options.Pending} jobs …");
            await table.Fill(options.Pending, ct);
            return [await ListCalls.Measure(stack.Env, $"GET /api/v1/jobs with {options.Pending} jobs in all states", filters.Select(x => (x.Length == 0 ? "no filter" : x, Dated(x))), options.Requests, 80, ct)];
        }
        finally
        {
            if (!stack.IsOwn)
            {
                await table.Remove(CancellationToken.None);
            }
        }
    }

    /// <summary>Days from now on as a moment.</summary>
    static string Dated(string filter) => filter.Split("=-") is [var name, var days] && name.StartsWith("created", StringComparison.Ordinal)
        ? $"{name}={TimeProvider.System.GetUtcNow().AddDays(-int.Parse(days, System.Globalization.CultureInfo.InvariantCulture)):yyyy-MM-ddTHH:mm:ssZ}"
        : filter;
}
