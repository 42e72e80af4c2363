using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

/// <summary>What may happen to a stack. Each fault lasts for the given time and is healed afterwards, as far as it does not heal itself.</summary>
static class Faults
{
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("executor killed", (stack, random, lasting) => Gone(stack, Any(random, "executor-1", "executor-2"), stack.Kill, lasting)),
        new("executor stopped", (stack, random, lasting) => Gone(stack, Any(random, "executor-1", "executor-2"), stack.Stop, lasting)),
        new("executor frozen", (stack, random, lasting) => Frozen(stack, Any(random, "executor-1", "executor-2"), lasting)),
        new("all executors killed", async (stack, _, lasting) =>
        {
            await Task.WhenAll(stack.Kill("executor-1"), stack.Kill("executor-2"));
            await Task.Delay(lasting);
            await Task.WhenAll(stack.Start("executor-1"), stack.Start("executor-2"));
        }),
        new("job API killed", (stack, random, lasting) => Gone(stack, Any(random, "jobapi-1", "jobapi-2"), stack.Kill, lasting)),
        new("job API stopped", (stack, random, lasting) => Gone(stack, Any(random, "jobapi-1", "jobapi-2"), stack.Stop, lasting)),
        new("job API frozen", (stack, random, lasting) => Frozen(stack, Any(random, "jobapi-1", "jobapi-2"), lasting)),
        new("gateway killed", (stack, _, lasting) => Gone(stack, "gateway-1", stack.Kill, lasting)),
        new("broker killed", (stack, _, lasting) => Gone(stack, "rabbitmq", stack.Kill, lasting)),
        new("broker stopped", (stack, _, lasting) => Gone(stack, "rabbitmq", stack.Stop, lasting)),
        new("broker emptied", (stack, _, lasting) => Gone(stack, "rabbitmq", async name =>
        {
            await stack.Kill(name);
            stack.EmptyBroker();
        }, lasting)),
        new("broker connections cut", (stack, _, _) => Broker.CutAllConnections(stack)),
        new("database stopped", (stack, _, lasting) => Gone(stack, "postgres", stack.Stop, lasting)),
        new("database killed", (stack, _, lasting) => Gone(stack, "postgres", stack.Kill, lasting)),
        new("everything killed", (stack, _, _) => stack.CrashAndRestartEverything()),
    ];

    static async Task Gone(Stack stack, string name, Func<string, Task> end, TimeSpan lasting)
    {
        await end(name);
        await Task.Delay(lasting);
        await stack.Start(name);
    }

    static async Task Frozen(Stack stack, string name, TimeSpan lasting)
    {
        stack.Signal(name, SignalNumber.Stop);
        await Task.Delay(lasting);
        stack.Signal(name, SignalNumber.Continue);
    }

    static string Any(Random random, params string[] names) => names[random.Next(names.Length)];
}

sealed record Fault(string Name, Func<Stack, Random, TimeSpan, Task> Happen);
