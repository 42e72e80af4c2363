using System.Diagnostics;
using JobSystem.Journeys.Systems;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Schedules;

[Collection(Stack.Name)]
[Trait(Length.Name, Length.Long)]
public sealed class When_there_are_ten_thousand_schedules(SharedStack stack, ITestOutputHelper output) : Journey(stack)
{
    const int Count = 10_000;
    readonly SharedStack stack = stack;

    [Fact]
    public async Task Should_create_list_and_fire_them_in_time()
    {
        await stack.Stop("scheduler-2");
        var schedules = new SchedulesClient(stack.Client);
        var label = Deployment.Label("many");
        var ids = new string[Count];
        var clock = Stopwatch.StartNew();
        // Every 100 seconds each, spread over the seconds: 100 in each second
        await Parallel.ForEachAsync(Enumerable.Range(0, Count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            ids[i] = (await schedules.Create(new
            {
                name = $"many {i}",
                task_name = "echo",
                tags = new[] { label },
                interval = new { seconds = 100 },
                start_at = TimeProvider.System.GetUtcNow().AddSeconds(60 + (i % 100)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
            })).Id);
        var created = clock.Elapsed;
        var pages = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            clock.Restart();
            using var answer = await stack.Client.Raw(HttpMethod.Get, $"api/v1/schedules?tags={label}&limit=100&offset={i * 50 % Count}");
            Assert.True(answer.IsSuccessStatusCode);
            await answer.Content.ReadAsByteArrayAsync();
            pages.Add(clock.Elapsed.TotalMilliseconds);
        }
        var page = pages.Order().ElementAt((int)(pages.Count * 0.95));
        await Task.Delay(TimeSpan.FromSeconds(150));
        await stack.Stop("scheduler-1");
        var lags = await Lags(label);
        var p99 = lags.ElementAt((int)(lags.Count * 0.99));
        output.WriteLine($"created in {created}; list page p95 {page:0.0} ms; {lags.Count} fires, lag p50 {lags[lags.Count / 2]:0} ms, p99 {p99:0} ms, max {lags[^1]:0} ms");
        Assert.True(created < TimeSpan.FromSeconds(60), $"created in {created}");
        Assert.True(page < 50, $"list page p95 {page} ms");
        Assert.True(p99 < 1000, $"firing lag p99 {p99} ms");
    }

    /// <summary>From tick to job, of every run; milliseconds, ascending.</summary>
    async Task<List<double>> Lags(string label)
    {
        const int Page = 1000;
        var lags = new List<double>();
        for (var full = true; full;)
        {
            var jobs = (await stack.Client.List($"tags={label}&order_dir=asc&limit={Page}&offset={lags.Count}")).Items;
            lags.AddRange(jobs.Select(x => (x.CreatedAt - x.ScheduledAt!.Value).TotalMilliseconds));
            full = jobs.Count == Page;
        }
        return [.. lags.Order()];
    }
}
