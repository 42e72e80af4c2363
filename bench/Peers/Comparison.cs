using System.Globalization;
using JobSystem.Bench.Reports;

namespace JobSystem.Bench.Peers;

/// <summary>The turns of one contender in the order of the rounds; null where it did not finish.</summary>
public sealed record Result(IContender Contender, List<Turn?> Turns)
{
    public bool IsMeasured => Turns.Any(t => t is not null);

    public IEnumerable<double> Figures(Func<Turn, double> figure) => Turns.OfType<Turn>().Select(figure);
}

/// <summary>Makes the report of a comparison: speeds, and JobSystem's ratio to each of the others with the same setting.</summary>
public sealed class Comparison(BenchOptions options, IReadOnlyList<Result> results, IReadOnlyList<string> leftOut)
{
    static readonly Floor hangfireFloor = Floor.Min(15);

    string First => $"first {options.ColdJobs} jobs";

    public IReadOnlyList<Section> Sections()
    {
        var sections = new List<Section>();
        foreach (var setting in (Setting[])[Setting.AsItComes, Setting.Tuned])
        {
            var measured = results.Where(r => r.Contender.Setting == setting && r.IsMeasured).ToList();
            if (measured.Count > 0)
            {
                sections.Add(Speeds(setting, measured));
            }
        }
        foreach (var ours in results.Where(r => r.Contender is JobSystemContender && r.IsMeasured))
        {
            sections.Add(Ratios(ours));
        }
        sections.Add(Conditions());
        return sections;
    }

    Section Speeds(Setting setting, List<Result> measured)
    {
        var table = new FigureTable(
            ["system", "jobs a round", First + ", jobs/s", "warm, jobs/s", "commits/job", "statements/job", "CPU ms/job"]);
        foreach (var result in measured)
        {
            var jobs = result.Contender.Jobs.ToString("N0", CultureInfo.InvariantCulture);
            table.Rows.Add(
            [
                result.Contender.Title, jobs, Spread(result.Figures(t => t.Cold)),
                Spread(result.Figures(t => t.Warm)), Middle(result.Figures(t => t.Cost.CommitsPerJob)),
                Middle(result.Figures(t => t.Cost.StatementsPerJob)), Middle(result.Figures(t => t.Cost.CpuMsPerJob)),
            ]);
        }
        var section = new Section($"speeds, {Words(setting)}: medians of {options.Rounds} rounds in turns, with their range");
        section.Tables.Add(table);
        return section;
    }

    Section Ratios(Result ours)
    {
        var section = new Section($"{ours.Contender.Title} : others, {Words(ours.Contender.Setting)}; "
            + "medians of the ratios of each round, with their range");
        var table = new FigureTable(["system", First, "warm"]);
        foreach (var other in results.Where(r => IsCompared(ours.Contender, r)))
        {
            var (name, title) = (other.Contender.Name, other.Contender.Title);
            var warm = Paired(ours, other, t => t.Warm).ToList();
            table.Rows.Add([title, Spread(Paired(ours, other, t => t.Cold)), Spread(warm)]);
            section.Add($"warm_to_{name}", "warm, to " + title, Percentiles.Median(warm), "x", FloorFor(ours, other));
        }
        section.Tables.Add(table);
        return section;
    }

    Section Conditions()
    {
        var section = new Section("what was measured");
        foreach (var (contender, turns) in results)
        {
            section.Note($"{contender.Title}, {Words(contender.Setting)}: {contender.Conditions}");
            section.Note($"  jobs/s in each round, {First}: {Each(turns, t => t.Cold)}; warm: {Each(turns, t => t.Warm)}");
        }
        foreach (var reason in leftOut)
        {
            section.Note(reason);
        }
        return section;
    }

    static bool IsCompared(IContender ours, Result other) =>
        other.Contender.Setting == ours.Setting && other.Contender is not JobSystemContender && other.IsMeasured;

    static Floor? FloorFor(Result ours, Result other) =>
        other.Contender.Name == "hangfire" && ours.Contender is JobSystemContender { IsOneByOne: false } ? hangfireFloor : null;

    /// <summary>The ratio of each round in which both were measured.</summary>
    static IEnumerable<double> Paired(Result ours, Result other, Func<Turn, double> figure) => ours.Turns.Zip(other.Turns)
        .Where(pair => pair is { First: not null, Second: not null })
        .Select(pair => figure(pair.First!) / figure(pair.Second!));

    static string Spread(IEnumerable<double> values)
    {
        var finite = values.Where(double.IsFinite).ToList();
        if (finite.Count == 0)
        {
            return "–";
        }
        var range = $"{ReportTable.Number(finite.Min())} to {ReportTable.Number(finite.Max())}";
        return $"{ReportTable.Number(Percentiles.Median(finite))} ({range})";
    }

    static string Middle(IEnumerable<double> values)
    {
        var median = Percentiles.Median(values);
        return double.IsFinite(median) ? ReportTable.Number(median) : "–";
    }

    static string Each(List<Turn?> turns, Func<Turn, double> figure) =>
        string.Join(' ', turns.Select(t => t is not null && double.IsFinite(figure(t)) ? ReportTable.Number(figure(t)) : "–"));

    public static string Words(Setting setting) => setting == Setting.Tuned ? "tuned" : "as it comes";
}
