using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Evidence;

/// <summary>What the processes hold: it must not grow with the number of faults.</summary>
sealed record Resources(IReadOnlyDictionary<string, long> Held)
{
    /// <summary>Pools breathe: a tenth, and a little for small numbers.</summary>
    const double Factor = 1.1;
    const int Slack = 30;

    public static async Task<Resources> Of(Stack stack)
    {
        var held = new Dictionary<string, long>();
        foreach (var name in stack.Names.Except(["postgres", "rabbitmq"]))
        {
            var process = stack.ProcessId(name) ?? throw new InvalidOperationException($"{name} does not run");
            held[$"threads of {name}"] = Directory.GetDirectories($"/proc/{process}/task").Length;
            held[$"open files of {name}"] = Directory.GetFiles($"/proc/{process}/fd").Length;
        }
        foreach (var (what, count) in await Systems.Broker.Objects(stack))
        {
            held[what] = count;
        }
        return new(held);
    }

    public IEnumerable<string> GrownFrom(Resources before) =>
        Held.Where(now => before.Held.TryGetValue(now.Key, out var was) && now.Value > (was * Factor) + Slack)
        .Select(now => $"{now.Key}: {now.Value} instead of {before.Held[now.Key]}");
}
