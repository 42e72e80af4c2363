using System.Globalization;
using JobSystem.Bench.Reports;

namespace JobSystem.Bench.Meters;

/// <summary>CPU and memory of every process of the stack from /proc, each with all its children (PostgreSQL's backends, the broker's helpers).</summary>
public sealed class ProcessMeter(string? pidDirectory)
{
    const double TicksPerSecond = 100; // USER_HZ is 100 on every Linux that .NET supports

    public Sample Take()
    {
        var children = ChildrenByParent();
        var cpu = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, pid) in Roots())
        {
            cpu[name] = Tree(pid, children).Sum(CpuSeconds);
        }
        return new Sample(TimeProvider.System.GetTimestamp(), cpu);
    }

    public IEnumerable<ProcessCost> Between(Sample before, Sample after, int? jobs) => Sum([(before, after)], jobs);

    /// <summary>Adds up several intervals, so that the pauses between rounds do not count.</summary>
    public IEnumerable<ProcessCost> Sum(IReadOnlyCollection<(Sample Before, Sample After)> intervals, int? jobs)
    {
        var wall = intervals.Sum(i => TimeProvider.System.GetElapsedTime(i.Before.At, i.After.At).TotalSeconds);
        var memory = MemoryByName();
        return intervals.First().Before.CpuSeconds.Keys.Select(name =>
        {
            var cpu = intervals.Sum(i => i.After.CpuSeconds.GetValueOrDefault(name) - i.Before.CpuSeconds.GetValueOrDefault(name));
            return new ProcessCost(name, cpu, cpu / wall, memory.GetValueOrDefault(name), jobs is { } n ? cpu * 1000 / n : null);
        });
    }

    Dictionary<string, double> MemoryByName()
    {
        var children = ChildrenByParent();
        return Roots().ToDictionary(r => r.Name, r => Tree(r.Pid, children).Sum(MemoryMb));
    }

    IEnumerable<(string Name, int Pid)> Roots()
    {
        yield return ("bench", Environment.ProcessId);
        if (pidDirectory is null || !Directory.Exists(pidDirectory))
        {
            yield break;
        }
        foreach (var file in Directory.GetFiles(pidDirectory, "*.pid").Order(StringComparer.Ordinal))
        {
            if (int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var pid) && Directory.Exists($"/proc/{pid}"))
            {
                yield return (Path.GetFileNameWithoutExtension(file), pid);
            }
        }
    }

    static IEnumerable<int> Tree(int pid, ILookup<int, int> children) =>
        pid == Environment.ProcessId ? [pid] : children[pid].SelectMany(child => Tree(child, children)).Prepend(pid);

    static ILookup<int, int> ChildrenByParent() => Directory.GetDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0)
        .Select(pid => (Pid: pid, Stat: Stat(pid)))
        .Where(p => p.Stat.Length > 15)
        .ToLookup(p => int.Parse(p.Stat[1], CultureInfo.InvariantCulture), p => p.Pid);

    /// <summary>Own time plus that of children that have ended and were waited for; living children are in the tree themselves.</summary>
    static double CpuSeconds(int pid) =>
        Stat(pid) is { Length: > 15 } stat ? stat[11..15].Sum(t => long.Parse(t, CultureInfo.InvariantCulture)) / TicksPerSecond : 0;

    /// <summary>The fields after the command name, which may itself contain spaces: [0] is the state.</summary>
    static string[] Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return []; // ended meanwhile
        }
    }

    /// <summary>Proportional set size where we may read it, so that memory shared by PostgreSQL's backends counts once; else the resident set.</summary>
    static double MemoryMb(int pid)
    {
        foreach (var (file, key) in new[] { ("smaps_rollup", "Pss:"), ("status", "VmRSS:") })
        {
            try
            {
                var line = File.ReadLines($"/proc/{pid}/{file}").First(l => l.StartsWith(key, StringComparison.Ordinal));
                return double.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                // not ours to read, or ended meanwhile
            }
        }
        return 0;
    }

    public sealed record Sample(long At, IReadOnlyDictionary<string, double> CpuSeconds);
}
