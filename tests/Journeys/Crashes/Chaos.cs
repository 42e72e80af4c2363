using System.Globalization;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>Random faults, one at a time, under load; the ledger is checked after each round. The seed makes jobs and faults again.</summary>
sealed class Chaos(Stack stack, int seed, Action<string> say)
{
    /// <summary>Jobs of one round are checked before the next begins, so that a breach names few faults.</summary>
    const int FaultsInRound = 4;

    readonly Random _random = new(seed);

    public async Task Run(TimeSpan duration)
    {
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        say($"seed {seed}, {duration.TotalMinutes:0.#} minutes");
        for (var round = 1; clock.GetElapsedTime(begun) < duration; round++)
        {
            await Round(round, () => clock.GetElapsedTime(begun) < duration);
        }
        await Broker.IsClean(stack);
    }

    /// <summary>The faults of one short run, in a given order.</summary>
    public async Task RunOnce(params string[] faults)
    {
        say($"seed {seed}");
        var load = Load.Start(stack, seed);
        foreach (var name in faults)
        {
            await Suffer(Faults.All.Single(fault => fault.Name == name));
        }
        await Settle(load, 1);
        await Broker.IsClean(stack);
    }

    async Task Round(int round, Func<bool> goOn)
    {
        var load = Load.Start(stack, _random.Next());
        for (var count = 0; count < FaultsInRound && goOn(); count++)
        {
            await Suffer(Faults.All[_random.Next(Faults.All.Count)]);
        }
        await Settle(load, round);
    }

    async Task Suffer(Fault fault)
    {
        await Task.Delay(_random.Next(500, 2000));
        var lasting = TimeSpan.FromSeconds(_random.Next(1, 10));
        say($"{Now()} {fault.Name} for {lasting.TotalSeconds} s");
        await fault.Happen(stack, _random, lasting);
        await stack.Ready();
    }

    async Task Settle(Load load, int round)
    {
        await load.Stop();
        await Invariants.Hold(stack, load, TimeSpan.FromMinutes(2));
        say($"{Now()} round {round}: {load.Orders.Count} jobs, {load.Promised} promised, every invariant holds");
    }

    static string Now() => TimeProvider.System.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}
