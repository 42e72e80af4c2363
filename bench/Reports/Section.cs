using System.Text.Json.Serialization;

namespace JobSystem.Bench.Reports;

/// <summary>One measured thing: its figures, what each process spent on it, and how it was configured.</summary>
public sealed class Section(string name)
{
    public string Name { get; } = name;
    public List<Metric> Metrics { get; } = [];
    public List<FigureTable> Tables { get; } = [];
    public List<ProcessCost> Processes { get; } = [];
    public List<StatementCost> Statements { get; } = [];
    public List<string> Notes { get; } = [];

    public Section Add(string key, string label, double value, string unit, Floor? floor = null, string? note = null)
    {
        // JSON has no word for "not a number"; a figure that could not be taken is a note instead.
        if (double.IsFinite(value))
        {
            Metrics.Add(new Metric(key, label, value, unit, floor, note));
        }
        else
        {
            Notes.Add($"{label}: not available");
        }
        return this;
    }

    public Section Note(string text)
    {
        Notes.Add(text);
        return this;
    }
}

public sealed record Metric(string Key, string Label, double Value, string Unit, Floor? Floor, string? Note);

/// <summary>What the project promises for a figure on a machine with two cores.</summary>
public sealed record Floor(double Value, bool AtLeast)
{
    public static Floor Min(double value) => new(value, true);

    public static Floor Max(double value) => new(value, false);

    public bool MetBy(double value) => AtLeast ? value >= Value : value <= Value;
}

/// <summary>CPU and memory of one process (with its children) over a measurement.</summary>
public sealed record ProcessCost(string Name, double CpuSeconds, double Cores, double MemoryMb, double? CpuMsPerJob);

public sealed record StatementCost(string Query, long Calls, long Rows, double Milliseconds);

[JsonSerializable(typeof(BenchReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class ReportJson : JsonSerializerContext;

/// <summary>A whole run: where it ran and what came out.</summary>
public sealed record BenchReport(string Command, DateTimeOffset StartedAt, IReadOnlyDictionary<string, string> Environment,
    IReadOnlyDictionary<string, string> Durability, IReadOnlyList<Section> Sections);
