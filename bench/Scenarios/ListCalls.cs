using System.Globalization;
using JobSystem.Bench.Load;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>Times list calls, one at a time.</summary>
static class ListCalls
{
    const int WarmUps = 5;

    /// <param name="floor">Milliseconds that the 95th percentile of each may take.</param>
    public static async Task<Section> Measure(StackEnv env, string title, IEnumerable<(string Name, string Query)> calls, int requests, double floor, CancellationToken ct)
    {
        using var client = new JobsClient(env, 4);
        var section = new Section($"{title}, {requests} requests each, one at a time, default limit");
        var all = new List<double>();
        foreach (var (name, query) in calls)
        {
            var times = await Time(client, "/api/v1/jobs" + (query.StartsWith('/') || query.Length == 0 ? query : "?" + query), requests, ct);
            all.AddRange(times);
            var percentiles = new Percentiles(times);
            section.Add(name, name + ", p95", percentiles.At(95), "ms", Floor.Max(floor), string.Create(CultureInfo.InvariantCulture, $"p50 {percentiles.At(50):F1} ms"));
        }
        return section.Add("all_p95", "all of them, p95", new Percentiles(all).At(95), "ms", Floor.Max(floor), string.Create(CultureInfo.InvariantCulture, $"p50 {new Percentiles(all).At(50):F1} ms"));
    }

    static async Task<List<double>> Time(JobsClient client, string path, int requests, CancellationToken ct)
    {
        var times = new List<double>();
        for (var i = -WarmUps; i < requests; i++)
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
}
