using JobSystem.Bench.Peers;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Scenarios;

/// <summary>JobSystem and other systems in turns on the same servers, several rounds of it, and how they compare.</summary>
public sealed class PeersScenario(BenchStack stack, BenchOptions options)
{
    readonly List<string> leftOut = [];

    public async Task<IReadOnlyList<Section>> Run(CancellationToken ct)
    {
        var results = await Participants(ct);
        await stack.StopServices(ct);
        for (var round = 1; round <= options.Rounds; round++)
        {
            Console.Error.WriteLine($"round {round}");
            foreach (var result in results)
            {
                result.Turns.Add(await Turn(result, ct));
            }
        }
        // The report of the durability asks for the queues of a running stack
        await stack.StartServices(options.Slots, ct);
        return new Comparison(options, results, leftOut).Sections();
    }

    async Task<List<Result>> Participants(CancellationToken ct)
    {
        var results = new List<Result>();
        foreach (var contender in new Contenders(stack, options).Selected())
        {
            if (await contender.Prepare(ct) is { } reason)
            {
                LeaveOut($"{Name(contender)}: not measured: {reason}");
            }
            else
            {
                results.Add(new Result(contender, []));
            }
        }
        return results;
    }

    /// <summary>A peer that fails is left out of this round; JobSystem itself must not fail.</summary>
    async Task<Turn?> Turn(Result result, CancellationToken ct)
    {
        var contender = result.Contender;
        try
        {
            var turn = await contender.Run(ct);
            Console.Error.WriteLine($"  {Name(contender)}: first {options.ColdJobs} {turn.Cold:F0} jobs/s, warm {turn.Warm:F0} jobs/s");
            return turn;
        }
        catch (Exception failed) when (contender is not JobSystemContender && !ct.IsCancellationRequested)
        {
            LeaveOut($"{Name(contender)}: round {result.Turns.Count + 1} failed: {Programs.Line(failed.Message)}");
            return null;
        }
    }

    static string Name(IContender contender) => $"{contender.Title}, {Comparison.Words(contender.Setting)}";

    void LeaveOut(string reason)
    {
        Console.Error.WriteLine("  " + reason);
        leftOut.Add(reason);
    }
}
