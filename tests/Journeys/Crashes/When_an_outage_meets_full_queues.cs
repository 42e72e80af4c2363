using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Crashes;

/// <summary>
/// Several queues with many waiting jobs, two kinds of workers on all of them, one of them also over HTTP, every slot held: afterwards each worker runs jobs again
/// without a restart, and nothing is lost.
/// </summary>
[Collection(Stack.Name)]
public sealed class When_an_outage_meets_full_queues(SharedStack stack, ITestOutputHelper output) : Journey(stack)
{
    readonly SharedStack stack = stack;

    [Theory]
    [InlineData("database stopped for 12 s", 2)]
    [InlineData("database stopped for 12 s", 5)]
    [InlineData("broker killed for 5 s", 2)]
    [InlineData("job APIs killed four times", 2)]
    [InlineData("job APIs killed four times", 5)]
    [InlineData("both job APIs killed at once", 2)]
    [InlineData("job API frozen for 10 s", 2)]
    [InlineData("executor frozen for 10 s", 2)]
    public Task Should_run_jobs_on_every_worker_again_and_lose_nothing(string outage, int queues) => Suffer(outage, queues, waitingEach: 600 / queues);

    [Theory]
    [Trait(Length.Name, Length.Long)]
    [InlineData("database stopped for 12 s", 2)]
    [InlineData("database stopped for 40 s", 2)]
    [InlineData("database stopped for 40 s", 5)]
    [InlineData("broker killed for 40 s", 2)]
    [InlineData("broker killed for 40 s", 5)]
    [InlineData("job APIs killed four times in two minutes", 2)]
    [InlineData("job APIs killed four times in two minutes", 5)]
    [InlineData("both job APIs killed at once", 5)]
    [InlineData("job API frozen for 10 s", 5)]
    [InlineData("job API frozen for 90 s", 2)]
    [InlineData("executor frozen for 10 s", 5)]
    [InlineData("executor frozen for 90 s", 5)]
    public Task Should_do_the_same_with_2000_waiting_jobs_in_each(string outage, int queues) => Suffer(outage, queues, waitingEach: 2000);

    async Task Suffer(string outage, int queueCount, int waitingEach)
    {
        await using var others = await OtherWorkers.Start(stack);
        string[] queues = [.. Enumerable.Range(1, queueCount).Select(n => Deployment.Label($"full{n}"))];
        var backlog = await Backlog.Submit(stack, queues, waitingEach);
        var load = Load.Start(stack, shape: new() { Queues = queues, PerSecond = 10, OtherKind = true });
        await backlog.HoldsTheSlots();

        await Happen(outage);
        var over = TimeProvider.System.GetUtcNow();

        foreach (var worker in (string[])["executor-1", "executor-2", others.OnBroker.Name, others.OverHttp.Name])
        {
            await Eventually.Holds(() => stack.Ledger.All.Any(run => run.StartedAt > over && run.WorkerId.StartsWith(worker, StringComparison.Ordinal)),
                Deployment.Recovery, $"{worker} runs jobs again");
            output.WriteLine($"{worker} ran a job again after {(stack.Ledger.All.First(run => run.StartedAt > over && run.WorkerId.StartsWith(worker, StringComparison.Ordinal)).StartedAt - over).TotalSeconds:0.0} s");
        }
        await backlog.Ended(Deployment.Recovery + TimeSpan.FromSeconds(backlog.Orders.Count / 20.0));
        await load.Stop();
        await Invariants.Hold(stack, load);
        await Invariants.Hold(stack, backlog.Orders);
    }

    Task Happen(string outage) => outage switch
    {
        "database stopped for 12 s" => Gone("postgres", stack.Stop, 12),
        "database stopped for 40 s" => Gone("postgres", stack.Stop, 40),
        "broker killed for 5 s" => Gone("rabbitmq", stack.Kill, 5),
        "broker killed for 40 s" => Gone("rabbitmq", stack.Kill, 40),
        "job APIs killed four times" => KilledInTurn(pause: 2),
        "job APIs killed four times in two minutes" => KilledInTurn(pause: 25),
        "both job APIs killed at once" => Task.WhenAll(Gone("jobapi-1", stack.Kill, 3), Gone("jobapi-2", stack.Kill, 3)),
        "job API frozen for 10 s" => Frozen("jobapi-1", 10),
        "job API frozen for 90 s" => Frozen("jobapi-1", 90),
        "executor frozen for 10 s" => Frozen("executor-1", 10),
        "executor frozen for 90 s" => Frozen("executor-1", 90),
        _ => throw new ArgumentException($"there is no outage '{outage}'", nameof(outage)),
    };

    async Task KilledInTurn(int pause)
    {
        for (var times = 0; times < 4; times++)
        {
            await Gone(times % 2 == 0 ? "jobapi-1" : "jobapi-2", stack.Kill, 1);
            await Task.Delay(TimeSpan.FromSeconds(pause));
        }
    }

    async Task Gone(string name, Func<string, Task> end, int seconds)
    {
        await end(name);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await stack.Start(name);
    }

    async Task Frozen(string name, int seconds)
    {
        stack.Signal(name, SignalNumber.Stop);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        stack.Signal(name, SignalNumber.Continue);
    }
}
