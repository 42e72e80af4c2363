using System.Globalization;
using JobSystem.Bench.Load;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>How many jobs per second go from the first submission to the last end, submitted in batches or one by one.</summary>
public sealed class ThroughputScenario(BenchStack stack, BenchOptions options)
{
    static readonly Floor JobsPerSecond = Floor.Min(3000);
    static readonly Floor Commits = Floor.Max(0.1);
    static readonly Floor Messages = Floor.Max(1.5);

    public Task<Section> Batches(CancellationToken ct, string title = "throughput, POST /api/v1/jobs/batch") =>
        Measure($"{title}: {options.Jobs} jobs in batches of {options.Batch}, {options.Submitters} at a time",
            Submission.Batches(options.Jobs, options.Batch, options.Submitters), JobsPerSecond, ct);

    public Task<Section> Singles(CancellationToken ct) =>
        Measure($"throughput, POST /api/v1/jobs: {options.Jobs} jobs one by one over {options.Connections} connections",
            Submission.Singles(options.Jobs, options.Connections), null, ct);

    async Task<Section> Measure(string name, Submission submission, Floor? floor, CancellationToken ct)
    {
        Console.Error.WriteLine(name);
        using var round = new ThroughputRound(stack.Env, submission, options.Jobs);
        for (var i = 0; i < options.WarmUps; i++)
        {
            Console.Error.WriteLine($"  warm-up: {(await round.Run(ct)).JobsPerSecond(options.Jobs):F0} jobs/s");
        }
        await using var measurement = await Measurement.Begin(stack.Env, ct);
        var rounds = new List<RoundTime>();
        for (var i = 0; i < options.Rounds; i++)
        {
            rounds.Add(await measurement.Round(() => round.Run(ct)));
            Console.Error.WriteLine($"  round {i + 1}: {rounds[^1].JobsPerSecond(options.Jobs):F0} jobs/s");
        }
        var section = Report(name, rounds, floor);
        await measurement.Finish(section, options.Jobs * options.Rounds, options.Statements, ct,
            floor is null ? null : Commits, floor is null ? null : Messages);
        return section;
    }

    Section Report(string name, List<RoundTime> rounds, Floor? floor)
    {
        var speeds = rounds.Select(r => r.JobsPerSecond(options.Jobs)).ToList();
        var submitted = rounds.Select(r => options.Jobs / r.Submitted.TotalSeconds);
        var all = string.Join(' ', speeds.Select(s => s.ToString("F0", CultureInfo.InvariantCulture)));
        return new Section(name)
            .Add("jobs_per_second", "jobs/s from first submit to last end, median", Percentiles.Median(speeds), "jobs/s", floor, $"rounds: {all}")
            .Add("submitted_per_second", "jobs/s accepted (201)", Percentiles.Median(submitted), "jobs/s");
    }
}
