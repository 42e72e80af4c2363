using System.Globalization;

namespace JobSystem.Bench.Reports;

/// <summary>The report as text for people.</summary>
public static class ReportTable
{
    public static void Write(BenchReport report, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"JobSystem bench: {report.Command}, {report.StartedAt:u}");
        WritePairs(report.Environment, output);
        output.WriteLine("durability");
        WritePairs(report.Durability, output);
        foreach (var section in report.Sections)
        {
            WriteSection(section, output);
        }
    }

    static void WritePairs(IReadOnlyDictionary<string, string> pairs, TextWriter output)
    {
        foreach (var (key, value) in pairs)
        {
            output.WriteLine($"  {key,-22} {value}");
        }
    }

    static void WriteSection(Section section, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"== {section.Name}");
        foreach (var metric in section.Metrics)
        {
            output.WriteLine($"  {metric.Label,-44} {Number(metric.Value),12} {metric.Unit,-12} {Verdict(metric)}{metric.Note}".TrimEnd());
        }
        foreach (var table in section.Tables)
        {
            table.Write(output);
        }
        WriteProcesses(section, output);
        foreach (var cost in section.Statements)
        {
            output.WriteLine($"  {cost.Milliseconds,10:F0} ms {cost.Calls,8} calls {cost.Rows,9} rows  {cost.Query}");
        }
        foreach (var note in section.Notes)
        {
            output.WriteLine($"  - {note}");
        }
    }

    static void WriteProcesses(Section section, TextWriter output)
    {
        if (section.Processes.Count == 0)
        {
            return;
        }
        output.WriteLine($"  {"process",-18} {"CPU s",8} {"cores",7} {"CPU ms/job",11} {"memory MB",10}");
        foreach (var cost in section.Processes)
        {
            var perJob = cost.CpuMsPerJob is { } ms ? ms.ToString("F3", CultureInfo.InvariantCulture) : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {cost.Name,-18} {cost.CpuSeconds,8:F2} {cost.Cores,7:F3} {perJob,11} {cost.MemoryMb,10:F0}"));
        }
    }

    static string Verdict(Metric metric) => metric.Floor is not { } floor
        ? ""
        : $"[{(floor.AtLeast ? "at least" : "at most")} {Number(floor.Value)}: {(floor.MetBy(metric.Value) ? "met" : "MISSED")}] ";

    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("F0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("F2", CultureInfo.InvariantCulture),
        _ => value.ToString("0.####", CultureInfo.InvariantCulture),
    };
}
