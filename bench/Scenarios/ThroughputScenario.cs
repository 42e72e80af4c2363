using System.Globalization;
using JobSystem.Bench.Load;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>How many jobs per second go from the first submission to the last end, submitted in batches or one by one.</summary>
public sealed class ThroughputScenario(BenchStack stack, BenchOptions options)
{
    const int Sampled = 50;
    static readonly Floor JobsPerSecond = Floor.Min(3000);
    static readonly Floor Commits = Floor.Max(0.1);
    static readonly Floor Messages = Floor.Max(1.5);

    public Task<Section> Batches(CancellationToken ct, string title = "throughput, POST /api/v1/jobs/batch") =>
        Measure($"{title}: {options.Jobs} jobs in batches of {options.Batch}, {options.Submitters} at a time", "/api/v1/jobs/batch",
            EchoJobs.Batches(options.Jobs, options.Batch), options.Submitters, EchoJobs.IdsOfBatch, JobsPerSecond, ct);

    public Task<Section> Singles(CancellationToken ct) =>
        Measure($"throughput, POST /api/v1/jobs: {options.Jobs} jobs one by one over {options.Connections} connections", "/api/v1/jobs",
            [.. Enumerable.Range(0, options.Jobs).Select(EchoJobs.One)], options.Connections, answer => [EchoJobs.IdOfJob(answer)], null, ct);

    async Task<Section> Measure(string name, string path, byte[][] bodies, int parallel, Func<byte[], IEnumerable<string>> ids, Floor? floor, CancellationToken ct)
    {
        Console.Error.WriteLine(name);
        using var client = new JobsClient(stack.Env, parallel);
        for (var i = 0; i < options.WarmUps; i++)
        {
            Console.Error.WriteLine($"  warm-up: {(await Round(client, path, bodies, parallel, ids, ct)).JobsPerSecond(options.Jobs):F0} jobs/s");
        }
        await using var measurement = await Measurement.Begin(stack.Env, ct);
        var rounds = new List<RoundTime>();
        for (var i = 0; i < options.Rounds; i++)
        {
            rounds.Add(await measurement.Round(() => Round(client, path, bodies, parallel, ids, ct)));
            Console.Error.WriteLine($"  round {i + 1}: {rounds[^1].JobsPerSecond(options.Jobs):F0} jobs/s");
        }
        var section = Report(name, rounds, floor);
        await measurement.Finish(section, options.Jobs * options.Rounds, options.Statements, ct, floor is null ? null : Commits, floor is null ? null : Messages);
        return section;
    }

    async Task<RoundTime> Round(JobsClient client, string path, byte[][] bodies, int parallel, Func<byte[], IEnumerable<string>> ids, CancellationToken ct)
    {
        var counter = new EndCounter(client);
        var since = EndCounter.Since();
        var answers = new byte[bodies.Length][];
        var start = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, bodies.Length, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct },
            async (i, token) => answers[i] = await client.Post(path, bodies[i], token));
        var submitted = TimeProvider.System.GetElapsedTime(start);
        var end = await counter.WaitForEnd(since, ct);
        var elapsed = TimeProvider.System.GetElapsedTime(start, end);
        await Verify(client, counter, since, [.. answers.SelectMany(ids)], ct);
        return new RoundTime(elapsed, submitted);
    }

    /// <summary>Every job is completed, and a sample has the results of its own arguments.</summary>
    async Task Verify(JobsClient client, EndCounter counter, DateTimeOffset since, string[] ids, CancellationToken ct)
    {
        var completed = await counter.Completed(since, ct);
        if (ids.Distinct().Count() != options.Jobs || completed != options.Jobs)
        {
            throw new InvalidOperationException($"{options.Jobs} jobs were submitted, {ids.Distinct().Count()} ids came back, {completed} jobs completed");
        }
        for (var number = 0; number < ids.Length; number += Math.Max(1, ids.Length / Sampled))
        {
            using var view = await client.Get("/api/v1/jobs/" + ids[number], ct);
            if (!EchoJobs.IsResultOf(number, view.RootElement))
            {
                throw new InvalidOperationException($"job {ids[number]} has another result than its own: {view.RootElement}");
            }
        }
    }

    Section Report(string name, List<RoundTime> rounds, Floor? floor)
    {
        var speeds = rounds.Select(r => r.JobsPerSecond(options.Jobs)).ToList();
        var all = string.Join(' ', speeds.Select(s => s.ToString("F0", CultureInfo.InvariantCulture)));
        return new Section(name)
            .Add("jobs_per_second", "jobs/s from first submit to last end, median", Percentiles.Median(speeds), "jobs/s", floor, $"rounds: {all}")
            .Add("submitted_per_second", "jobs/s accepted (201)", Percentiles.Median(rounds.Select(r => options.Jobs / r.Submitted.TotalSeconds)), "jobs/s");
    }

    sealed record RoundTime(TimeSpan Elapsed, TimeSpan Submitted)
    {
        public double JobsPerSecond(int jobs) => jobs / Elapsed.TotalSeconds;
    }
}
