using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>What a stack costs that has nothing to do.</summary>
public sealed class IdleScenario(BenchStack stack, BenchOptions options)
{
    // What the runtime compiles after the start is not idling. What runs once in several seconds is compiled for good only after its thirtieth time.
    static readonly TimeSpan Calm = TimeSpan.FromMinutes(4);

    public async Task<Section> Run(CancellationToken ct)
    {
        Console.Error.WriteLine($"idle: {options.Seconds} s");
        await Task.Delay(Calm, ct);
        await using var measurement = await Measurement.Begin(stack.Env, ct);
        await measurement.Round(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds), ct);
            return 0;
        });
        var section = new Section($"idle stack over {options.Seconds} s");
        await measurement.FinishIdle(section, ct);
        var services = section.Processes.Where(p => p.Name != "bench").Sum(p => p.Cores) * 100;
        return section
            .Add("cpu_percent_of_core", "CPU of all processes together", services, "% of a core", Floor.Max(5))
            .Add("memory_mb", "memory of all processes together", section.Processes.Where(p => p.Name != "bench").Sum(p => p.MemoryMb), "MB");
    }
}
