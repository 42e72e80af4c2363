using System.CommandLine;
using JobSystem.Bench;

return await BenchCommands.Root()
    .Parse(args)
    // Ctrl-C has to leave time to take the stack down
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
