using System.Globalization;

namespace JobSystem.Bench.Meters;

/// <summary>CPU time of the whole machine, which counts the same for every system, whatever processes it consists of.</summary>
public static class MachineCpu
{
    const double TicksPerSecond = 100; // USER_HZ is 100 on every Linux that .NET supports

    /// <summary>Fields of the first line of /proc/stat that are work: user, nice, system, irq and softirq.</summary>
    static readonly int[] busy = [1, 2, 3, 6, 7];

    public static double BusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return busy.Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
