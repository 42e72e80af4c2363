using System.Collections.Concurrent;
using System.Text.Json;
using JobSystem.Bench.Load;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>How long a job waits when there is room: an open loop, so that a slow answer does not slow the next submission down.</summary>
public sealed class LatencyScenario(BenchStack stack, BenchOptions options)
{
    const int PageSize = 1000;
    const int WarmUpSeconds = 30;
    int Jobs => options.Rate * options.Seconds;

    public async Task<Section> Run(CancellationToken ct)
    {
        Console.Error.WriteLine($"latency: {options.Rate} jobs/s for {options.Seconds} s");
        using var client = new JobsClient(stack.Env, 64);
        // The services are compiled as they run: for half a minute that is what most of the time goes into
        await OpenLoop(client, options.Rate * WarmUpSeconds, ct);
        await using var measurement = await Measurement.Begin(stack.Env, ct);
        var since = EndCounter.Since();
        var sent = await measurement.Round(async () =>
        {
            var result = await OpenLoop(client, Jobs, ct);
            await new EndCounter(client).WaitForEnd(since, ct);
            return result;
        });
        var section = await Report(client, since, sent, ct);
        await measurement.Finish(section, Jobs, options.Statements, ct);
        return section;
    }

    async Task<IReadOnlyDictionary<string, Sent>> OpenLoop(JobsClient client, int jobs, CancellationToken ct)
    {
        var bodies = Enumerable.Range(0, jobs).Select(EchoJobs.One).ToArray();
        var sent = new ConcurrentDictionary<string, Sent>();
        var start = TimeProvider.System.GetTimestamp();
        var requests = new Task[jobs];
        for (var i = 0; i < jobs; i++)
        {
            var due = TimeSpan.FromSeconds(i / (double)options.Rate) - TimeProvider.System.GetElapsedTime(start);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, ct);
            }
            requests[i] = Submit(client, bodies[i], sent, ct);
        }
        await Task.WhenAll(requests);
        return sent;
    }

    static async Task Submit(JobsClient client, byte[] body, ConcurrentDictionary<string, Sent> sent, CancellationToken ct)
    {
        var (at, stamp) = (TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp());
        var answer = await client.Post("/api/v1/jobs", body, ct);
        sent[EchoJobs.IdOfJob(answer)] = new Sent(at, TimeProvider.System.GetElapsedTime(stamp));
    }

    async Task<Section> Report(JobsClient client, DateTimeOffset since, IReadOnlyDictionary<string, Sent> sent, CancellationToken ct)
    {
        var (starts, ends) = (new List<double>(), new List<double>());
        await foreach (var view in Views(client, since, ct))
        {
            if (sent.TryGetValue(view.GetProperty("id").GetString()!, out var submission))
            {
                starts.Add((view.GetProperty("started_at").GetDateTimeOffset() - submission.At).TotalMilliseconds);
                ends.Add((view.GetProperty("completed_at").GetDateTimeOffset() - submission.At).TotalMilliseconds);
            }
        }
        if (starts.Count != Jobs)
        {
            throw new InvalidOperationException($"{Jobs} jobs were sent, {starts.Count} have a start and an end");
        }
        var section = new Section($"latency at {options.Rate} jobs/s, single POSTs, open loop, {Jobs} jobs");
        Add(section, "submit_to_start", "submit to start", new(starts), Floor.Max(15), Floor.Max(60));
        Add(section, "submit_to_end", "submit to end", new(ends));
        Add(section, "post", "submit to 201", new(sent.Values.Select(s => s.Answered.TotalMilliseconds)));
        return section.Note($"after {WarmUpSeconds} s of the same load; submit is the client's clock just before the request; start and end are started_at and completed_at of the job's view, same machine");
    }

    static async IAsyncEnumerable<JsonElement> Views(JobsClient client, DateTimeOffset since, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        string? cursor = null;
        do
        {
            var after = cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor);
            using var page = await client.Get($"/api/v1/jobs?{EndCounter.Created(since)}&limit={PageSize}{after}", ct);
            foreach (var view in page.RootElement.GetProperty("items").EnumerateArray())
            {
                yield return view;
            }
            cursor = page.RootElement.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
    }

    static void Add(Section section, string key, string label, Percentiles times, Floor? p50 = null, Floor? p99 = null) => section
        .Add(key + "_p50_ms", label + " p50", times.At(50), "ms", p50)
        .Add(key + "_p90_ms", label + " p90", times.At(90), "ms")
        .Add(key + "_p99_ms", label + " p99", times.At(99), "ms", p99)
        .Add(key + "_max_ms", label + " max", times.Max, "ms");

    sealed record Sent(DateTimeOffset At, TimeSpan Answered);
}
