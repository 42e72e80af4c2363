using System.Globalization;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>
/// Random faults, one at a time, while two kinds of workers, one of them also over HTTP, run a mixed load of five queues; everything is compared with the ledger after each round.
/// The seed makes jobs and faults again.
/// </summary>
sealed class Chaos(Stack stack, ChaosPlan plan, Action<string> say)
{
    /// <summary>Jobs of one round are checked before the next begins, so that a breach names few faults.</summary>
    const int FaultsInRound = 4;
    const int MostBreachesShown = 20;

    readonly Random _random = new(plan.Seed);
    readonly string[] _queues = [.. Enumerable.Range(1, 5).Select(n => Deployment.Label($"chaos{n}"))];
    readonly Dictionary<string, List<TimeSpan>> _recoveries = [];
    readonly List<string> _breaches = [];
    Resources? _before;
    int _round;

    /// <summary>While executors of the other version run: they may have faults that were corrected since.</summary>
    bool _isMixed;

    /// <summary>Goes on after a breach, so that one run finds as much as it can; fails in the end.</summary>
    public async Task Run()
    {
        Introduce();
        await using var others = await OtherWorkers.Start(stack);
        await Rounds(others);
        Judge();
    }

    /// <summary>
    /// The stack runs another version: half of it is replaced, the faults strike both versions side by side, then the rest is replaced.
    /// While both are there, what is promised of each job has to hold, but not the order of priorities among them, nor that each old slot runs
    /// jobs.
    /// </summary>
    public async Task RunUpgrade()
    {
        Introduce();
        await using var others = await OtherWorkers.Start(stack);
        _isMixed = true;
        await Round(others, RollingUpgrade.FirstHalf);
        // Programs that were replaced hold other numbers of threads and files
        _before = null;
        await Rounds(others);
        await Round(others, RollingUpgrade.SecondHalf);
        (_before, _isMixed) = (null, false);
        await Round(others, Endless().Take(FaultsInRound));
        Judge();
    }

    void Introduce() =>
        say($"seed {plan.Seed}, {(plan.Each > 0 ? $"each fault {plan.Each} times" : $"{plan.Duration.TotalMinutes:0.#} minutes")}{(plan.Long ? ", long" : "")}");

    async Task Rounds(OtherWorkers others)
    {
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        var faults = plan.Each > 0
            ? Enumerable.Range(0, plan.Each).SelectMany(_ => Shuffled())
            : Endless().TakeWhile(_ => clock.GetElapsedTime(begun) < plan.Duration);
        foreach (var some in faults.Chunk(FaultsInRound))
        {
            await Round(others, some);
        }
        foreach (var (fault, took) in _recoveries.OrderBy(fault => fault.Key))
        {
            say($"{fault}: {took.Count} times, well again after p50 {took.Order().ElementAt(took.Count / 2).TotalSeconds:0.0} s, at most {took.Max().TotalSeconds:0.0} s");
        }
    }

    Fault[] Shuffled()
    {
        Fault[] all = [.. Faults.All];
        _random.Shuffle(all);
        return all;
    }

    IEnumerable<Fault> Endless()
    {
        while (true)
        {
            yield return Faults.All[_random.Next(Faults.All.Count)];
        }
    }

    /// <summary>One round of given faults.</summary>
    public async Task RunOnce(params string[] faults)
    {
        say($"seed {plan.Seed}");
        await using var others = await OtherWorkers.Start(stack);
        await Round(others, faults.Select(name => Faults.All.Single(fault => fault.Name == name)));
        Judge();
    }

    void Judge() => Assert.True(_breaches.Count == 0, string.Join(Environment.NewLine, _breaches));

    async Task Round(OtherWorkers others, IEnumerable<Fault> faults)
    {
        _round++;
        var steered = new SteeredQueues(_queues[3], limit: 3, _queues[4]);
        await steered.SetUp(stack.Client);
        var (schedules, broadcasts, records) = (new TickingSchedules(stack), new BroadcastOrders(stack, _queues[0]), new List<FaultRecord>());
        await schedules.Start(_queues[0]);
        await schedules.Start(_queues[1]);
        var callsBefore = stack.Client.History.Calls.Count;
        var load = Load.Start(stack, _random.Next(), new() { Queues = _queues, OtherKind = true, Mixed = true });
        foreach (var fault in faults)
        {
            await broadcasts.Place();
            var pausing = steered.PauseAndResume(stack.Client, TimeSpan.FromSeconds(2 + _random.Next(4)));
            records.Add(await Suffer(fault, others));
            await pausing;
        }
        await load.Stop();
        await steered.Resume(stack.Client);
        await Settle(load, steered, schedules, broadcasts, records, callsBefore);
    }

    async Task<FaultRecord> Suffer(Fault fault, OtherWorkers others)
    {
        await Task.Delay(_random.Next(500, 2000));
        var freeze = TimeSpan.FromSeconds(plan.Long && _random.Next(3) == 0 ? 90 : 5);
        var scene = new Scene(stack, others, _random, TimeSpan.FromSeconds(_random.Next(1, 10)), freeze);
        say($"{Now()} {fault.Name}");
        var at = TimeProvider.System.GetUtcNow();
        var struck = await fault.Happen(scene);
        var over = TimeProvider.System.GetUtcNow();
        await (_isMixed ? stack.BeWhole(2 * Deployment.Recovery, stack.Slots / 2) : stack.BeWhole(Deployment.Recovery));
        var whole = TimeProvider.System.GetUtcNow();
        Assert.All(others.All, other => Assert.False(other.HasEnded, $"{other.Name} has ended by itself"));
        (_recoveries.TryGetValue(fault.Name, out var known) ? known : _recoveries[fault.Name] = []).Add(whole - over);
        return new(fault.Name, struck.Victims, struck.Kills, at, over, whole);
    }

    async Task Settle(
        Load load, SteeredQueues steered, TickingSchedules schedules, BroadcastOrders broadcasts, IReadOnlyList<FaultRecord> faults, int callsBefore)
    {
        var quiet = TimeSpan.FromMinutes(2);
        var (ticks, tickJobs) = await schedules.Stop(quiet);
        var (jobs, wrongJobs) = await Invariants.Examine(stack, load, quiet);
        var (children, wrongChildren) = await broadcasts.Examine();
        var resources = await Calm();
        var evidence = new RoundEvidence
        {
            Jobs = [.. jobs, .. tickJobs, .. children],
            Faults = faults,
            Calls = [.. stack.Client.History.Calls.Skip(callsBefore)],
            Schedules = ticks,
            Broker = await Broker.LeftOver(stack),
            StartsByPriority = _isMixed ? [] : await PriorityProbe.Starts(stack),
            Counts = await Figures.Of(stack.Client),
            Resources = _before is null ? null : (_before, resources),
            Steered = steered,
        };
        _before ??= resources;
        List<string> breaches = [.. wrongJobs, .. wrongChildren, .. evidence.Breaches()];
        if (breaches.Count > 0)
        {
            _breaches.Add($"seed {plan.Seed}, round {_round} ({string.Join(", ", faults.Select(fault => fault.Name))}): {breaches.Count} breaches{Environment.NewLine}"
                + string.Join(Environment.NewLine, breaches.Take(MostBreachesShown)));
            say($"{Now()} {_breaches[^1]}");
        }
        say($"{Now()} round {_round}: {evidence.Jobs.Count} jobs, {load.Promised} promised to the load, {children.Count} children of broadcasts, "
            + $"{tickJobs.Count} ticks, {evidence.Calls.Count} calls; {(breaches.Count == 0 ? "every invariant holds" : "see above")}");
    }

    /// <summary>What the processes hold once their pools have closed the idle connections that a fault has cost.</summary>
    async Task<Resources> Calm()
    {
        var (clock, patience) = (TimeProvider.System, TimeSpan.FromMinutes(3));
        var since = clock.GetTimestamp();
        while (true)
        {
            var resources = await Resources.Of(stack);
            if (_before is null || !resources.GrownFrom(_before).Any() || clock.GetElapsedTime(since) > patience)
            {
                return resources;
            }
            await Task.Delay(TimeSpan.FromSeconds(5));
        }
    }

    static string Now() => TimeProvider.System.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}

/// <param name="Long">One freeze in three lasts for 90 s.</param>
/// <param name="Each">Every fault so many times, instead of random ones for a time.</param>
sealed record ChaosPlan(int Seed, TimeSpan Duration = default, bool Long = false, int Each = 0);
